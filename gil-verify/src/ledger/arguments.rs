//! Why each claim holds of the default protocol, in a few lines. The claim's page prints it.
//!
//! An argument is no proof: the checks are. It tells a reader which lines of code to look at. A
//! test compares the names in it with the sources.

/// By claim: why it holds of the default protocol.
pub const ARGUMENTS: &[(&str, &str)] = &[
    (
        "SAFE-1",
        "\
The Monitor has one field for the owner, so it cannot name two. It changes only in `Section::give`,
`Section::free` and where a section ends with `Step::Owns`. The Monitor refuses a second owner with
`Fault::TakesHeldLock`.

The word is the other place that names an owner. A thread takes the lock through the word by one
compare-and-swap, which fails while the word is frozen. A section first freezes the word, and
`sync_owner` tells the Monitor who holds the lock. From then on the word does not decide. The
section gives the word back with `unfreeze`, and only while every thread is idle, or biases it to
the one thread that may retake the lock.",
    ),
    (
        "SAFE-2",
        "\
Each hand-over has a release and an acquire on the same atomic or mutex. On the fast path the
compare-and-swap of `detach` releases, and the one of `attach` acquires. On the slow path the mutex
orders the sections. If one thread uses the fast path and the other the slow path, `freeze` acquires
what `detach` released, and `unfreeze` releases what `attach` acquires.

A thread that retakes a biased lock was its last holder, so it has nothing to acquire. Its detach,
`detach_biased`, releases for the next freeze.",
    ),
    (
        "SAFE-3",
        "\
A forced release is `safepoint`, or `release` with a request pending. Both call `hand_off`. It makes
the next in line the owner in the same section, so the lock is never free. The releasing thread can
own the lock again only after the new owner has released it.

The next in line exists, because a request implies a waiter (SAFE-5). If every waiter has given up,
`safepoint` finds no next in line, and the thread keeps the lock.",
    ),
    (
        "SAFE-3F",
        "\
`release` ignores whether the release is final: its last parameter has no name. So a final release
with a request pending is a hand-off too, and the argument of SAFE-3 applies. No thread has to
return to the lock for it, so the lock's memory may be freed (SAFE-8).",
    ),
    (
        "SAFE-4",
        "\
`Request::AfterInterval` occurs in one place: `woken`, when the timekeeper's timer has expired. The
timer is a `Timer::Run`, which belongs to one run. If another thread has gained the lock meanwhile,
the run's number has changed. `TimedMonitor::section` compares it with `expired_epoch`, and then
restarts the timer without asking the protocol. Every other request is paid for by a boost.",
    ),
    (
        "SAFE-5",
        "\
- Two rules make a request. `acquire` does, and its thread then waits. `woken` does, for a thread
  that goes on waiting. So a request implies a waiter.
- Two rules clear one. `hand_off` does, and the owner changes. `cancel` does if no thread waits any
  more.
- `hand_off` clears the request in the section that answers it, so no second answer is possible.

The flag that safepoints read follows the request at the end of each section, in `publish`.",
    ),
    (
        "SAFE-6",
        "\
A thread detaches by `release`, which either frees the lock or calls `hand_off`. In both cases the
thread is not the owner when the section ends. The Monitor refuses `Step::Left` for an owner, with
`Fault::WaitsWhileOwning`. After that the thread is in no queue, so nothing can give it the lock.
On the fast path `detach` succeeds only if the word names the thread, and leaves a free word.",
    ),
    (
        "SAFE-7",
        "\
`hand_off` gives the lock to `next`, which is the first of a queue. A thread is in a queue only
while its state is `Waiting` or `Notified` (MON-3). A thread that gives up leaves its queue before
the protocol's `cancel` runs. The Monitor refuses any other grant with `Fault::GivesToNonWaiter`.",
    ),
    (
        "SAFE-8",
        "\
The last access of a section is the unlocking of the mutex. What follows it works on owned values:
the list of parkers holds its own references, and each parker lives as long as one of them. A
hand-off is complete when its section ends, so the releasing thread does not return to the lock.

On the fast path the compare-and-swap of `detach` is the last access.",
    ),
    (
        "SAFE-9",
        "\
The interval has expired, so `woken` has cleared `keeps_turn`. `safepoint` therefore sends the
preempted thread to the end of the regular queue, and not to the interrupted one. Every thread that
waits at that moment is in front of it, because all three queues are first in, first out, and the
regular queue is served last.

A later boosted thread may overtake, but it never moves the preempted thread forward.",
    ),
    (
        "LIVE-1",
        "\
The holder reads the flag at its next safepoint and runs a section. While a request is pending there
is a next in line (SAFE-5), so `safepoint` calls `hand_off`, and the owner changes. A release with a
request pending does the same.

Pacing may keep a request from the flag, up to the limit of TIME-2. The request itself is not lost:
the arriving thread rechecks, and publishes it.",
    ),
    (
        "LIVE-2",
        "\
While a thread waits, a switch is requested or there is a timekeeper (HAND-2). The timekeeper's
timer expires and `woken` requests a switch. By LIVE-1 the owner then changes. So owners change for
as long as a thread waits.

Each change serves the first thread of a queue. Boosted threads go first, but a turn has a fixed
number of boosts. So a turn ends, and the head of the regular queue gets the lock. LIVE-3 counts
the steps.",
    ),
    (
        "LIVE-3",
        "\
Each gain by another thread uses up something that is renewed only when a new turn begins: a barge,
a boost, or the return of an interrupted thread. When a new turn begins, the head of the regular
queue gets the lock, so every regular waiter moves one place forward. The page on the
[bound on waiting](../promise.md) has the rank that counts all of it.",
    ),
    (
        "LIVE-4",
        "\
- The lock becomes free only in `release`, and the same section notifies the next in line.
- A notified thread that gives up passes the wake-up on: `cancel` notifies the next in line.
- A notified thread that finds the lock held waits again, and the owner has to release first.

A wake-up is a state of the Monitor and not a signal, so it cannot be missed. The parker only says
that a thread should look at its state. `unpark` leaves a token if the thread does not sleep yet.",
    ),
    (
        "LIVE-5",
        "\
A release is one section: `release` returns `Step::Left` in every case. No rule of the default
protocol waits for another thread to take the lock.",
    ),
    (
        "LIVE-6",
        "\
Where the last waiter leaves its queue, `release`, `woken` or `cancel` calls
`ensure_timekeeper_or_reset`, which resets the protocol. `hand_off` and `cancel` clear the request.
`publish` then finds every thread idle, stores the flag and unfreezes the word. A timer belongs to a
thread that sleeps, so none is left.",
    ),
    (
        "ID-1",
        "\
`unregister_id` gives an id back only if its thread does not own the lock. A `Registration` is
given up by value, so no operation of its thread is pending, and its state is `Idle`. `Registry::add`
does not use the id of the thread to which the lock is biased: it may retake the lock. An id that
is used again gets a new `Parker`, so no wake-up of the last thread is left.",
    ),
    (
        "ID-2",
        "\
A thread finds its registration by the number of the lock. `new_lock_id` counts up and returns no
number twice. A lock keeps its number when it is moved, and a new lock at the same address has
another one.",
    ),
    (
        "ID-3",
        "\
A guard and a call of the thread borrow the lock, so the lock exists while one of them does. A
thread frees the registrations of locks that are gone, which `returned_ids` tells: the lock owns it.
When a thread ends, it forgets the registration of each lock that it is attached to.",
    ),
    (
        "HAND",
        "\
- HAND-1: `release` frees the lock only if a barge is left, and notifies the next in line.
- HAND-2: every wait goes through `wait_step`, which makes the thread the timekeeper if there is
  none. A boosted thread has none, but its request is pending. Where a section ends without either,
  `ensure_timekeeper_or_reset` names another waiter.
- HAND-3: `ensure_timekeeper_or_reset` resets the protocol when no thread waits.
- HAND-4: `begin_run` clears `may_retake`. Only a release or a barge sets it.
- HAND-5: `note_wasted_wakeup` sets the barges that are left to zero.
- HAND-6: a thread is interrupted only while `keeps_turn` is set. The boosted thread's run clears
  it, and it is set again only when the interrupted thread or a regular one gets the lock. The
  interrupted one is served first.",
    ),
    (
        "TIME-1",
        "\
A woken thread that finds the lock retaken may sleep on. `grace_deadline` decides that, and it is
the only place that does. It adds up how long the thread has slept on since it was woken. After
`Limits::grace` in all it lets the thread run its section, and while the lock is free each sleep is
at most `Limits::free`. Both are absolute times. The switch interval can only shorten them.",
    ),
    (
        "TIME-2",
        "\
`defer_request` is the only place that keeps a request from the flag. It does so while the present
run is young: at most until the run is as old as `Limits::defer`. The thread that made the request
sleeps until then and runs a section, which publishes the request. If it gives up or gets the lock,
the deferral ends.",
    ),
    (
        "TIME-3",
        "\
`plan` is the only place that sets a timer. The deadline of a `Timer::Run` is `timer_start` and the
interval that `set_interval` stored last. So each section of a waiter uses the present interval, and
no copy of an earlier one is left except the deadline of a thread that sleeps.

A timer that expires in a later run has another `expired_epoch`. `TimedMonitor::section` then sets
it again for the present run, with the present interval. That needs a second start of the thread.
If the lock is free, `FREE_RECHECK` keeps the waiter asleep for a moment, and no request is made.",
    ),
    (
        "HEAP-1",
        "\
A count is a plain integer, and only the holder of the brand's lock changes it. A clone needs an
attached thread. A drop by a detached thread queues a `PendingDrop`, and the next acquire applies it
in the `after_acquire` hook, before any token exists. So the count is too high until then, never too
low. The object is freed where the count becomes zero, and no handle is left to free it again.",
    ),
    (
        "NEED-1",
        "\
An increment is a read and a write. Two threads read the same count, and both write the same value:
one handle is not counted. The object is then freed while a handle is left.",
    ),
    (
        "NEED-2",
        "\
Each thread locks one object and waits for the other. Neither releases what it holds. With one lock
for both objects there is no second lock to wait for.",
    ),
    (
        "NEED-3",
        "\
One thread holds the mutex and waits to attach. The other is attached and waits for the mutex.
Neither can go on. `lock_detached` gives up the lock before it waits, so the first thread can
attach.",
    ),
    (
        "FAST-PATH",
        "\
The fast path works while every thread is idle. Then no request is pending and the protocol equals a
new one (HAND-3), so an acquire or a release decides nothing. A biased word is the other case. Its
thread may retake the lock without a barge, and `acquire` and `release` then change nothing for the
waiters: the next in line stays notified, and no budget is spent.",
    ),
    (
        "WITNESS",
        "\
Each timed park reads a bit that loom explores with both values (`choice`), so each suite reaches a
request. The suites are finite programs that were chosen to reach every event of the handshake.",
    ),
    (
        "TRACES",
        "\
Both engines run the same Monitor and the same protocol. Loom runs it inside the mechanism, which
adds the word, the flag, the parker and pacing. The explorer runs it alone. If the mechanism adds
and loses no section, both reach the same sequences of events.",
    ),
    (
        "REFINES",
        "\
A section runs under the mutex, on the Monitor's state as the last section left it. So it is one
move of the explorer. What the fast path did in between is one move of the explorer too, which
`sync_owner` makes before the section. `publish` stores the flag and the word from that state.",
    ),
];

/// Why a claim holds of the default protocol.
#[must_use]
pub fn argument(claim: &str) -> &'static str {
    ARGUMENTS.iter().find(|(id, _)| *id == claim).map_or("", |(_, text)| text)
}
