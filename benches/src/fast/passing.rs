//! Passing a lock on: from the moment at which its holder lets it go for a thread that waits, to the
//! moment at which that thread has it.
//!
//! A *holder* has the lock and a *visitor* comes for it, again and again. The visitor asks and waits;
//! the holder sees the request, waits until the visitor is surely spinning or surely asleep, and comes to
//! a safepoint: that is the pass. The visitor goes, the holder has the lock again, and the next visit may
//! begin. One visitor at a time, so turns are strict under every protocol, and how long the visitor has
//! to wait before it may ask is not part of the time.
//!
//! Context switches are counted from the visitor's call until it has the lock, and from the pass until the
//! holder has it back. A visit needs two at least: the visitor goes to sleep, and so does the holder.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gil_core::Gil;
use parking_lot::{Condvar, Mutex, MutexGuard};
use rustix::thread::{CpuSet, futex, sched_getaffinity, sched_setaffinity};

use super::protocols::{Boosted, Kind, Plain, Three};

/// Where the visitor is when the lock is let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Spinning on another core.
    Running,
    /// Asleep, on the holder's own core.
    SameCore,
    /// Asleep, on another core, which idles.
    OtherCore,
}

impl Condition {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Running, Self::SameCore, Self::OtherCore];

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Running => "waiter running on another core",
            Self::SameCore => "waiter asleep on the same core",
            Self::OtherCore => "waiter asleep on another core",
        }
    }

    /// How long the holder waits between the request and the pass. A waiter spins for about a
    /// microsecond before it sleeps.
    const fn settles(self) -> Duration {
        match self {
            Self::Running => Duration::ZERO,  // it has just asked
            Self::SameCore => Duration::ZERO, // it sleeps already, or the holder would not run
            Self::OtherCore => Duration::from_micros(60),
        }
    }
}

/// The switch interval of all locks here. Some protocols ask after the whole of it, which is waited for
/// before each pass.
const INTERVAL: Duration = Duration::from_millis(1);

/// A holder that was interrupted is spared for as long as the visitor had the lock, which counts its
/// context switches meanwhile. That is over before the next visit.
const SPARED: Duration = Duration::from_micros(100);

/// What a number of passes came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Passed {
    /// The median of the times of one pass, less what reading the clock takes.
    pub one_way: Duration,
    /// Context switches of both threads in a visit, by two: there and back are two passes. Not counted
    /// while the visitor spins, because counting takes longer.
    pub switches: Option<f64>,
}

/// What holder and visitor agree by. What is measured may share no cache line with it that is written
/// meanwhile, so each side keeps its times to itself.
struct Desk {
    condition: Condition,
    visits: u64,
    began: Instant,
    opened: AtomicU64,
    arrived: AtomicU64,
    received: AtomicU64,
    sides: [Mutex<Side>; 2],
}

/// What one side has seen: moments of passes, and context switches.
#[derive(Default)]
struct Side {
    moments_ns: Vec<u64>,
    switches: u64,
}

impl Desk {
    fn new(condition: Condition, visits: u64) -> Self {
        let side =
            || Mutex::new(Side { moments_ns: Vec::with_capacity(visits as usize), switches: 0 });
        let [opened, arrived, received] = [0; 3].map(AtomicU64::new);
        let (began, sides) = (Instant::now(), [side(), side()]);
        Self { condition, visits, began, opened, arrived, received, sides }
    }

    fn until(&self, happened: impl Fn() -> bool) {
        while !happened() {
            match self.condition {
                Condition::SameCore => thread::yield_now(),
                Condition::Running | Condition::OtherCore => std::hint::spin_loop(),
            }
        }
    }

    fn let_pass(&self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// How often the running thread has been switched out, if that is counted.
    fn switches(&self) -> u64 {
        if self.condition == Condition::Running { 0 } else { switches() }
    }

    /// The holder's side: `is_wanted` says whether the visitor waits, `pass` lets the lock go and
    /// comes back with it.
    fn hold(&self, is_wanted: impl Fn(u64) -> bool, mut pass: impl FnMut()) {
        let mut side = self.sides[0].lock();
        for visit in 1..=self.visits {
            self.let_pass(SPARED);
            self.opened.store(visit, Ordering::Release);
            self.until(|| is_wanted(visit));
            let before = self.switches();
            self.let_pass(self.condition.settles());
            side.moments_ns.push(self.now_ns());
            pass();
            // Relaxed: only the number matters. A safepoint may come too early: after the request, and
            // before the visitor can be given the lock.
            while self.received.load(Ordering::Relaxed) < visit {
                pass();
            }
            side.switches += self.switches() - before;
        }
    }

    /// The visitor's side: `visit` waits for the lock, calls what it is given, and lets the lock go.
    fn visit(&self, mut visit: impl FnMut(&mut dyn FnMut())) {
        let mut side = self.sides[1].lock();
        for number in 1..=self.visits {
            self.until(|| self.opened.load(Ordering::Acquire) >= number);
            let before = self.switches();
            self.arrived.store(number, Ordering::Release);
            visit(&mut || {
                side.moments_ns.push(self.now_ns());
                self.received.store(number, Ordering::Relaxed); // as above
                side.switches += self.switches() - before;
            });
        }
    }

    fn has_arrived(&self, visit: u64) -> bool {
        self.arrived.load(Ordering::Acquire) >= visit
    }

    fn passed(self) -> Passed {
        let [sent, received] = self.sides.map(Mutex::into_inner);
        let moments = sent.moments_ns.iter().zip(&received.moments_ns);
        let took = moments.map(|(sent, received)| received.saturating_sub(*sent)).collect();
        let one_way = median(took).saturating_sub(reading_the_clock_ns());
        let switches = (sent.switches + received.switches) as f64 / (2 * self.visits) as f64;
        let switches = (self.condition != Condition::Running).then_some(switches);
        Passed { one_way: Duration::from_nanos(one_way), switches }
    }
}

/// A way to pass something on.
trait Way: Sync {
    fn hold(&self, desk: &Desk);
    fn visit(&self, desk: &Desk);
}

impl<P: gil_core::Protocol + Send> Way for Gil<(), P> {
    fn hold(&self, desk: &Desk) {
        let attached = std::cell::RefCell::new(self.attach());
        let is_wanted = |_| attached.borrow().switch_requested();
        desk.hold(is_wanted, || attached.borrow_mut().safepoint());
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            let attached = self.attach();
            received();
            drop(attached);
        });
    }
}

/// An atomic on which both spin.
#[derive(Default)]
struct Spin(AtomicU32);

impl Way for Spin {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.0.store(1, Ordering::Release);
                while self.0.load(Ordering::Acquire) == 1 {
                    std::hint::spin_loop();
                }
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            while self.0.load(Ordering::Acquire) == 0 {
                std::hint::spin_loop();
            }
            received();
            self.0.store(0, Ordering::Release);
        });
    }
}

/// An atomic on which both sleep: the system call and nothing else.
#[derive(Default)]
struct Futex(AtomicU32);

impl Futex {
    fn set(&self, to: u32) {
        self.0.store(to, Ordering::Release);
        futex::wake(&self.0, futex::Flags::PRIVATE, 1).expect("a futex can be woken");
    }

    fn sleep_while(&self, value: u32) {
        while self.0.load(Ordering::Acquire) == value {
            // It has changed, or a signal came: looked at again.
            let _ = futex::wait(&self.0, futex::Flags::PRIVATE, value, None);
        }
    }
}

impl Way for Futex {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.set(1);
                self.sleep_while(1);
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            self.sleep_while(0);
            received();
            self.set(0);
        });
    }
}

/// A turn under a mutex, with a condition variable.
#[derive(Default)]
struct Monitor {
    visitors: Mutex<bool>,
    changed: Condvar,
}

impl Monitor {
    fn set(&self, mut turn: MutexGuard<'_, bool>, to: bool) {
        *turn = to;
        drop(turn);
        self.changed.notify_one();
    }

    fn wait_while(&self, value: bool) -> MutexGuard<'_, bool> {
        let mut turn = self.visitors.lock();
        while *turn == value {
            self.changed.wait(&mut turn);
        }
        turn
    }
}

impl Way for Monitor {
    fn hold(&self, desk: &Desk) {
        desk.hold(
            |visit| desk.has_arrived(visit),
            || {
                self.set(self.visitors.lock(), true);
                drop(self.wait_while(true));
            },
        );
    }

    fn visit(&self, desk: &Desk) {
        desk.visit(|received| {
            let turn = self.wait_while(false);
            received();
            self.set(turn, false);
        });
    }
}

/// A way by name, in one condition, so often. An error says why it cannot be had here.
pub type Measure = fn(Condition, u64) -> Result<Passed, String>;

/// What there is to compare in this condition, the control first.
#[must_use]
pub const fn ways(condition: Condition) -> &'static [(&'static str, Measure)] {
    match condition {
        Condition::Running => &[
            ("spin", other::<Spin>),
            ("spin (A/A)", other::<Spin>),
            ("handoff", protocol::<Boosted>),
            ("handoff-plain", protocol::<Plain>),
            ("python3", protocol::<Three>),
        ],
        Condition::SameCore | Condition::OtherCore => &[
            ("futex", other::<Futex>),
            ("futex (A/A)", other::<Futex>),
            ("parking_lot condvar", other::<Monitor>),
            ("handoff", protocol::<Boosted>),
            ("handoff-plain", protocol::<Plain>),
            ("python3", protocol::<Three>),
        ],
    }
}

fn protocol<K: Kind>(condition: Condition, visits: u64) -> Result<Passed, String> {
    let gil = Gil::with_protocol((), K::new());
    gil.set_switch_interval(INTERVAL);
    passed(&gil, condition, visits)
}

fn other<W: Way + Default>(condition: Condition, visits: u64) -> Result<Passed, String> {
    passed(&W::default(), condition, visits)
}

fn passed(way: &dyn Way, condition: Condition, visits: u64) -> Result<Passed, String> {
    let [here, there] = cores(condition)?;
    let desk = Desk::new(condition, visits);
    let pin = |core: CpuSet| sched_setaffinity(None, &core);
    // Tried first, so that neither side can fail and leave the other waiting.
    let tried = thread::scope(|scope| {
        scope.spawn(|| pin(there).and_then(|()| pin(here))).join().expect("nothing panics")
    });
    tried.map_err(|error| format!("cannot pin a thread: {error}"))?;
    thread::scope(|scope| {
        // Threads of their own, so that the caller's is not pinned.
        let (way, desk) = (way, &desk);
        let pinned = |core| pin(core).expect("it could be done a moment ago");
        scope.spawn(move || {
            pinned(here);
            way.hold(desk);
        });
        scope.spawn(move || {
            pinned(there);
            way.visit(desk);
        });
    });
    Ok(desk.passed())
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

/// What each pass is too long by: it ends with a look at the clock.
fn reading_the_clock_ns() -> u64 {
    let began = Instant::now();
    let look = || began.elapsed().as_nanos() as u64;
    median((0..1_000).map(|_| look().abs_diff(look())).collect())
}

/// The holder's and the visitor's, of those that this process may use.
fn cores(condition: Condition) -> Result<[CpuSet; 2], String> {
    let may = sched_getaffinity(None).map_err(|error| format!("cannot see the cores: {error}"))?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| may.is_set(*core)).map(|core| {
        let mut set = CpuSet::new();
        set.set(core);
        set
    });
    let (first, second) = (cores.next().ok_or("there is no core")?, cores.next());
    match condition {
        Condition::SameCore => Ok([first, first]),
        _ => Ok([first, second.ok_or("this needs two cores, and there is one")?]),
    }
}

/// How often the running thread has gone to sleep or has been switched out. 0 where the kernel does not
/// say so.
fn switches() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let counts = text.lines().filter_map(|line| line.split_once("voluntary_ctxt_switches:"));
    counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}
