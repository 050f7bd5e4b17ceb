//! Protocols that switch after a number of safepoints.

use gil_core::Gil;
use gil_core::protocol::{Context, Order, Preemption, Protocol, Release, Step, WaitSet, Wake};
use gil_core::raw::RawGil;

/// For a lone thread: it keeps the lock at every safepoint.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct EveryThird;

impl Protocol for EveryThird {
    const NAME: &'static str = "every-third";
    const SETS: &'static [Order] = &[];
    const PREEMPTION: Preemption = Preemption::EveryTicks(2);
    fn acquire(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn release(&mut self, cx: &mut dyn Context, _: Release) -> Step {
        cx.free();
        Step::Left
    }
    fn safepoint(&mut self, _: &mut dyn Context) -> Step {
        Step::Owns
    }
    fn woken(&mut self, _: &mut dyn Context, _: WaitSet, _: Wake) -> Step {
        Step::Owns
    }
    fn cancel(&mut self, _: &mut dyn Context, _: bool) {}
}

#[test]
fn ticks_between_sections_default_to_the_protocol() {
    let lock = RawGil::new(EveryThird);
    let thread = lock.register();
    lock.attach(&thread).unwrap();
    let safepoints = |count| -> Vec<bool> {
        (0..count).map(|_| lock.safepoint(&thread).expect("it holds the lock")).collect()
    };
    assert_eq!(safepoints(7), [false, false, true, false, false, true, false]);
    lock.set_check_interval(1);
    assert_eq!(safepoints(5), [false, true, false, true, false], "and counts again");
    lock.set_check_interval(0);
    assert_eq!(safepoints(2), [true, true]);
}

#[test]
fn lock_with_data_counts_the_ticks_of_its_protocol() {
    let gil = Gil::with_protocol((), EveryThird);
    let mut attached = gil.attach();
    (0..6).for_each(|_| attached.safepoint());
    assert_eq!(gil.counters().sections, 2);
}
