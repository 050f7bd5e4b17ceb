//! What a recording contains, and how much of it is kept.

#![cfg(not(loom))]

use gil_core::engine::{Event, Monitor, Operation, WakeFirst};
use gil_core::protocol::{Handoff, Release, Request, ThreadId};
use gil_core::raw::RawGil;
use gil_models::trace::{Recorder, TraceEvent, TraceRecord};

/// One attach and one detach: three lines.
fn come_and_go(lock: &RawGil<Handoff, Recorder>) {
    let thread = lock.register();
    lock.attach(&thread).unwrap();
    lock.detach(&thread).unwrap();
    lock.unregister(thread);
}

fn taken(lock: &RawGil<Handoff, Recorder>) -> Vec<TraceEvent> {
    lock.inspect_observer(Recorder::take).iter().map(|happened| happened.what).collect()
}

#[test]
fn recording_is_returned_once() {
    let lock = RawGil::with_observer(Handoff::new(), Recorder::new(3));
    let [id] = threads();
    come_and_go(&lock);
    let wanted = [
        TraceEvent::Event(Event::Taken(id)),
        TraceEvent::Event(Event::Released(id)),
        TraceEvent::Left(id),
    ];
    assert_eq!(taken(&lock), wanted, "as many as fit");
    assert_eq!(lock.inspect_observer(|recorder| recorder.dropped()), 0);
    assert_eq!(taken(&lock), [], "empty afterwards");
    come_and_go(&lock);
    assert_eq!(taken(&lock), wanted, "and there is room again");
}

#[test]
fn records_beyond_the_capacity_are_counted() {
    let lock = RawGil::with_observer(Handoff::new(), Recorder::new(1));
    come_and_go(&lock);
    assert_eq!(lock.inspect_observer(|recorder| recorder.dropped()), 2);
    assert_eq!(
        taken(&lock),
        [TraceEvent::Event(Event::Taken(threads::<1>()[0]))],
        "the first is kept"
    );
}

#[test]
fn section_is_recorded_as_events_wakeups_then_leaver() {
    let [a, b] = threads();
    let mut monitor = Monitor::new(Handoff::new());
    let mut tell = |thread, entry| -> Vec<TraceEvent> {
        let outcome =
            monitor.section(thread, entry, &mut WakeFirst).expect("it fits the thread state");
        let told = TraceRecord::of_section(7, thread, outcome, &monitor);
        told.inspect(|happened| assert_eq!(happened.at_ns, 7)).map(|h| h.what).collect()
    };
    assert_eq!(tell(a, Operation::Acquire), [TraceEvent::Event(Event::Taken(a))]);
    let asks = [Event::Requested(b, Request::Boost), Event::Waiting(b)];
    assert_eq!(tell(b, Operation::Acquire), asks.map(TraceEvent::Event));
    let answers = [Event::Answered(a), Event::Granted(b)].map(TraceEvent::Event);
    let wanted = [&answers[..], &[TraceEvent::Woken(b), TraceEvent::Left(a)]].concat();
    assert_eq!(tell(a, Operation::Release(Release::Blocking)), wanted);
}

/// The ids of the first threads of a lock.
fn threads<const N: usize>() -> [ThreadId; N] {
    std::array::from_fn(|index| ThreadId::from_index(index as u32))
}
