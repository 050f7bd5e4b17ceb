//! A wrapper that changes the calls between a protocol and the Monitor.

use std::cell::Cell;

use gil_core::protocol::{
    Context, Order, Preemption, Protocol, Release, Request, Settings, Step, ThreadId, Timer,
    WaitSet, Wake,
};

use crate::claims::ghost::ThreadSet;

thread_local! {
    static APPLIED: Cell<u64> = const { Cell::new(0) };
}

/// How often a mutated place was reached on this OS thread since the last call.
pub fn take_applied() -> u64 {
    APPLIED.take()
}

fn applied() {
    APPLIED.set(APPLIED.get() + 1);
}

/// One deliberate bug.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutation {
    /// No thread is ever notified.
    NotifyDropped,
    /// This wait-set is never notified.
    SetNotNotified(u8),
    /// The lock is freed and the successor notified, instead of a hand-off.
    GivesByFreeing,
    /// The lock is granted to the releasing thread itself.
    GivesToItself,
    /// No switch is ever requested.
    RequestDropped,
    /// A switch is requested as soon as a thread waits.
    RequestsAtOnce,
    /// The request is never cleared.
    RequestNotCleared,
    /// No timer is armed.
    TimerDropped,
    /// A safepoint does nothing.
    SafepointIgnored,
    /// A held lock is acquired.
    TakesHeldLock,
    /// A release does not free the lock.
    FreeDropped,
    /// A thread that gives up keeps the wake-up that was sent to it.
    CancelKeepsWakeUp,
    /// A thread that gives up leaves without a cleanup.
    CancelUnnoticed,
    /// A queue is served from its end.
    ServesLast,
    /// A thread that takes a free lock in a section changes a state that the fast path does not
    /// change: the next wait has no timer.
    FastPathDiffers,
    /// A thread's final release ignores a pending request.
    FinalReleaseFrees,
    /// A wait in this set is omitted.
    SetNotWaitedIn(u8),
    /// An expired waiter always requests, regardless of changes in its interval.
    RequestsAfterSwitch,
    /// A thread that gives up leaves its request pending (gh-96387).
    CancelKeepsRequest,
    /// A thread that gives up clears every request (bpo-40010's class: a request is lost).
    CancelLosesRequest,
    /// The lock is granted to the thread that gave up last, if there is one (gh-144513's class).
    GivesToWhoLeft,
    /// Threads of the first set wait in the second.
    WaitsElsewhere(u8, u8),
    /// A preempted thread that should wait in the first set waits in the second.
    SwitchedOutWaitsIn(u8, u8),
    /// The same, if it is preempted by a thread of set 0.
    InterruptedWaitsIn(u8, u8),
    /// This queue looks empty while the other one is not.
    ServedAfter(u8, u8),
    /// The lock looks held to every section.
    LooksHeld,
    /// The request is invisible to the protocol.
    RequestUnseen,
    /// No thread looks last in a queue.
    LastUnseen,
    /// The protocol's own record keeps a thread that gave up (Ruby PR 17296's class: a hint
    /// outlives the thread that it names).
    CancelLeavesRecord,
    /// A waiter whose timer has expired waits another interval if the owner changed meanwhile,
    /// however long it has been waiting (CPython since 3.2).
    PatienceRestarts,
    /// A woken thread that finds the lock held waits again without a note.
    VainUnnoticed,
    /// Any thread that takes a free lock counts as the thread that released it last: no barge is
    /// counted.
    BargesAreReturns,
    /// The lock stays biased to a thread that may no longer retake it.
    BiasOutlivesItsReason,
}

/// A protocol with a bug.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mutated<P> {
    inner: P,
    mutation: Mutation,
    /// [`Mutation::FastPathDiffers`]: the changed state.
    left_behind: bool,
    /// [`Mutation::GivesToWhoLeft`]: the thread that gave up last.
    left: Option<ThreadId>,
    /// [`Mutation::PatienceRestarts`]: the waiters.
    waiting: ThreadSet,
    /// And those in whose wait the owner has changed.
    disturbed: ThreadSet,
    /// [`Mutation::BiasOutlivesItsReason`]: the thread that the lock was biased to last.
    biased: Option<ThreadId>,
}

impl<P: Protocol> Mutated<P> {
    /// `protocol` with `mutation`.
    #[must_use]
    pub const fn new(protocol: P, mutation: Mutation) -> Self {
        let nobody = ThreadSet::new();
        let (waiting, disturbed) = (nobody, nobody);
        Self {
            inner: protocol,
            mutation,
            left_behind: false,
            left: None,
            waiting,
            disturbed,
            biased: None,
        }
    }

    /// The wrapped protocol.
    #[must_use]
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    fn run(
        &mut self,
        cx: &mut dyn Context,
        section: impl FnOnce(&mut P, &mut dyn Context) -> Step,
    ) -> Step {
        // A thread that retakes the lock continues its run: the owner does not change.
        let bias = self.inner.bias() == Some(cx.me());
        let (mutation, was_free) = (self.mutation, cx.is_free() && !bias);
        let mut twisted = Twisted { cx, mutation, left: self.left, given: None };
        let step = section(&mut self.inner, &mut twisted);
        let given = twisted.given;
        if mutation == Mutation::BiasOutlivesItsReason {
            self.biased = self.inner.bias().or(self.biased);
        }
        if mutation == Mutation::PatienceRestarts {
            self.note_patience(cx.me(), step, given, was_free);
        }
        match (mutation, step) {
            (Mutation::TimerDropped, Step::Wait(set, Some(_))) => {
                applied();
                Step::Wait(set, None)
            }
            (Mutation::FastPathDiffers, Step::Wait(set, Some(_))) if self.left_behind => {
                applied();
                Step::Wait(set, None)
            }
            (Mutation::RequestsAtOnce, Step::Wait(..)) if !cx.requested() && !cx.is_free() => {
                applied();
                cx.request(Request::AfterInterval);
                step
            }
            (Mutation::SetNotWaitedIn(skipped), Step::Wait(WaitSet(set), _)) if set == skipped => {
                applied();
                if cx.leaving() { Step::Left } else { Step::Retry }
            }
            (Mutation::WaitsElsewhere(from, to), Step::Wait(WaitSet(set), timer))
                if set == from =>
            {
                applied();
                Step::Wait(WaitSet(to), timer)
            }
            _ => step,
        }
    }
}

impl<P: Protocol> Mutated<P> {
    /// Records the waiter, and a change of the owner.
    fn note_patience(&mut self, me: ThreadId, step: Step, given: Option<ThreadId>, was_free: bool) {
        if given.is_some() || was_free && step == Step::Owns {
            self.disturbed = self.waiting;
        }
        for gone in [Some(me), given].into_iter().flatten() {
            self.waiting.remove(gone);
            self.disturbed.remove(gone);
        }
        if matches!(step, Step::Wait(..)) {
            self.waiting.insert(me);
        }
    }
}

impl<P: Protocol> Protocol for Mutated<P> {
    const NAME: &'static str = P::NAME;
    const SETS: &'static [Order] = P::SETS;
    const PREEMPTION: Preemption = P::PREEMPTION;
    const PACED: bool = P::PACED;

    fn settings(&self) -> Settings {
        self.inner.settings()
    }

    fn bias(&self) -> Option<ThreadId> {
        let right = self.inner.bias();
        let biased = right.or(self.biased);
        if biased != right {
            applied();
        }
        biased
    }

    fn acquire(&mut self, cx: &mut dyn Context) -> Step {
        match self.mutation {
            Mutation::TakesHeldLock if !cx.is_free() => {
                applied();
                return Step::Owns;
            }
            Mutation::FastPathDiffers => self.left_behind |= cx.is_free(),
            Mutation::BargesAreReturns if cx.is_free() => {
                applied();
                return Step::Owns;
            }
            _ => {}
        }
        self.run(cx, |inner, cx| inner.acquire(cx))
    }

    fn release(&mut self, cx: &mut dyn Context, how: Release) -> Step {
        if self.mutation == Mutation::FinalReleaseFrees && how == Release::Final {
            applied();
            let before = self.inner.clone();
            let step = self.run(cx, |inner, cx| {
                let mutation = Mutation::GivesByFreeing;
                inner.release(&mut Twisted { cx, mutation, left: None, given: None }, how)
            });
            // The turn continues as if there were no request.
            self.inner = before;
            return step;
        }
        self.run(cx, |inner, cx| inner.release(cx, how))
    }

    fn safepoint(&mut self, cx: &mut dyn Context) -> Step {
        if self.mutation == Mutation::SafepointIgnored {
            applied();
            return Step::Owns;
        }
        let interrupted = cx.first(WaitSet(0)).is_some();
        let moves = match self.mutation {
            Mutation::SwitchedOutWaitsIn(from, to) => Some((from, to)),
            Mutation::InterruptedWaitsIn(from, to) if interrupted => Some((from, to)),
            _ => None,
        };
        match (self.run(cx, |inner, cx| inner.safepoint(cx)), moves) {
            (Step::Wait(WaitSet(set), timer), Some((from, to))) if set == from => {
                applied();
                Step::Wait(WaitSet(to), timer)
            }
            (step, _) => step,
        }
    }

    fn woken(&mut self, cx: &mut dyn Context, set: WaitSet, wake: Wake) -> Step {
        let restarts = self.mutation == Mutation::PatienceRestarts && self.disturbed.has(cx.me());
        if restarts && wake == Wake::TimedOut && !cx.is_free() {
            applied();
            self.disturbed.remove(cx.me());
            return Step::Wait(set, Some(Timer::Run));
        }
        if self.mutation == Mutation::VainUnnoticed && wake == Wake::Notified && !cx.is_free() {
            applied();
            return Step::Wait(set, Some(Timer::Run));
        }
        let asks = self.mutation == Mutation::RequestsAfterSwitch;
        if asks && wake == Wake::TimedOut && !cx.is_free() {
            applied();
            cx.request(Request::AfterInterval);
        }
        self.run(cx, |inner, cx| inner.woken(cx, set, wake))
    }

    fn cancel(&mut self, cx: &mut dyn Context, notified: bool) {
        let mutation = self.mutation;
        let notified = match mutation {
            Mutation::CancelUnnoticed => return applied(),
            Mutation::CancelKeepsWakeUp => {
                applied();
                false
            }
            _ => notified,
        };
        let twist = match mutation {
            Mutation::CancelKeepsRequest => Mutation::RequestNotCleared,
            other => other,
        };
        let before = self.inner.clone();
        let mut twisted = Twisted { cx, mutation: twist, left: None, given: None };
        self.inner.cancel(&mut twisted, notified);
        if mutation == Mutation::PatienceRestarts {
            self.note_patience(cx.me(), Step::Left, None, false);
        }
        match mutation {
            Mutation::CancelLeavesRecord if self.inner != before => {
                applied();
                self.inner = before;
            }
            Mutation::CancelLosesRequest if cx.requested() => {
                applied();
                cx.clear_request();
            }
            Mutation::GivesToWhoLeft => self.left = Some(cx.me()),
            _ => {}
        }
    }

    fn retry(&mut self, cx: &mut dyn Context) -> Step {
        self.run(cx, |inner, cx| inner.retry(cx))
    }
}

/// A context with a bug.
struct Twisted<'a> {
    cx: &'a mut dyn Context,
    mutation: Mutation,
    left: Option<ThreadId>,
    given: Option<ThreadId>,
}

impl Twisted<'_> {
    /// Whether the mutation is `mutation`. It is applied then.
    fn is(&self, mutation: Mutation) -> bool {
        if self.mutation == mutation {
            applied();
        }
        self.mutation == mutation
    }
}

impl Context for Twisted<'_> {
    fn me(&self) -> ThreadId {
        self.cx.me()
    }

    fn is_free(&self) -> bool {
        !self.is(Mutation::LooksHeld) && self.cx.is_free()
    }

    fn requested(&self) -> bool {
        !self.is(Mutation::RequestUnseen) && self.cx.requested()
    }

    fn leaving(&self) -> bool {
        self.cx.leaving()
    }

    fn first(&self, set: WaitSet) -> Option<ThreadId> {
        if self.is(Mutation::ServesLast) {
            return self.cx.last(set);
        }
        match self.mutation {
            Mutation::ServedAfter(late, early)
                if set == WaitSet(late) && self.cx.first(WaitSet(early)).is_some() =>
            {
                applied();
                None
            }
            _ => self.cx.first(set),
        }
    }

    fn last(&self, set: WaitSet) -> Option<ThreadId> {
        if self.is(Mutation::LastUnseen) { None } else { self.cx.last(set) }
    }

    fn request(&mut self, why: Request) {
        if !self.is(Mutation::RequestDropped) {
            self.cx.request(why);
        }
    }

    fn clear_request(&mut self) {
        if !self.is(Mutation::RequestNotCleared) {
            self.cx.clear_request();
        }
    }

    fn free(&mut self) {
        if !self.is(Mutation::FreeDropped) {
            self.cx.free();
        }
    }

    fn give(&mut self, thread: ThreadId) {
        if self.is(Mutation::GivesByFreeing) {
            self.cx.free();
            self.cx.notify(thread);
        } else if self.is(Mutation::GivesToItself) {
            self.cx.give(self.cx.me());
        } else if let (Mutation::GivesToWhoLeft, Some(left)) = (self.mutation, self.left) {
            applied();
            self.cx.give(left);
        } else if !self.is(Mutation::FreeDropped) {
            self.given = Some(thread);
            self.cx.give(thread);
        }
    }

    fn notify(&mut self, thread: ThreadId) {
        if !self.is(Mutation::NotifyDropped) {
            self.cx.notify(thread);
        }
    }

    fn notify_one(&mut self, set: WaitSet) {
        if !self.is(Mutation::NotifyDropped) && !self.is(Mutation::SetNotNotified(set.0)) {
            self.cx.notify_one(set);
        }
    }

    fn notify_all(&mut self, set: WaitSet) {
        if !self.is(Mutation::NotifyDropped) && !self.is(Mutation::SetNotNotified(set.0)) {
            self.cx.notify_all(set);
        }
    }
}
