//! What a recording tells, and how much of it is kept.

use gil_core::{
    Entry, Event, First, Handoff, Happened, Monitor, RawGil, Recorder, Release, Request, What,
};

use crate::threads;

/// One attach and one detach: three lines.
fn come_and_go(lock: &RawGil<Handoff, Recorder>) {
    let thread = lock.register();
    lock.attach(&thread).unwrap();
    lock.detach(&thread).unwrap();
    lock.unregister(thread);
}

fn taken(lock: &RawGil<Handoff, Recorder>) -> Vec<What> {
    lock.observer(Recorder::take).iter().map(|happened| happened.what).collect()
}

#[test]
fn a_recording_is_handed_out_once() {
    let lock = RawGil::observed(Handoff::new(), Recorder::new(3));
    let [id] = threads();
    come_and_go(&lock);
    let wanted = [What::Event(Event::Take(id)), What::Event(Event::Released(id)), What::Left(id)];
    assert_eq!(taken(&lock), wanted, "as many as fit");
    assert_eq!(lock.observer(|recorder| recorder.dropped()), 0);
    assert_eq!(taken(&lock), [], "empty afterwards");
    come_and_go(&lock);
    assert_eq!(taken(&lock), wanted, "and there is room again");
}

#[test]
fn what_does_not_fit_into_a_recording_is_counted() {
    let lock = RawGil::observed(Handoff::new(), Recorder::new(1));
    come_and_go(&lock);
    assert_eq!(lock.observer(|recorder| recorder.dropped()), 2);
    assert_eq!(taken(&lock), [What::Event(Event::Take(threads::<1>()[0]))], "the first is kept");
}

#[test]
fn a_section_is_told_by_its_events_then_its_wake_ups_then_who_left() {
    let [a, b] = threads();
    let mut monitor = Monitor::new(Handoff::new());
    let mut tell = |thread, entry| -> Vec<What> {
        let outcome = monitor.section(thread, entry, &mut First).expect("it fits the slot");
        let told = Happened::of_section(7, thread, outcome, &monitor);
        told.inspect(|happened| assert_eq!(happened.at_ns, 7)).map(|h| h.what).collect()
    };
    assert_eq!(tell(a, Entry::Acquire), [What::Event(Event::Take(a))]);
    let asks = [Event::Requested(b, Request::Boost), Event::Waits(b)];
    assert_eq!(tell(b, Entry::Acquire), asks.map(What::Event));
    let answers = [Event::Answered(a), Event::Granted(b)].map(What::Event);
    let wanted = [&answers[..], &[What::Woken(b), What::Left(a)]].concat();
    assert_eq!(tell(a, Entry::Release(Release::Blocking)), wanted);
}
