//! Wake-ups reach the thread that sleeps.

use std::time::Duration;

use gil_core::engine::Operation;
use gil_core::protocol::{Handoff, Protocol, Wake};
use gil_core::raw::{Observe, RawGil, SectionInfo};

use crate::watchdog::Watchdog;
use crate::{attach_and_detach, until_asked};

/// Why each thread's sleep ended.
#[derive(Default)]
struct Returns(Vec<Wake>);

impl Observe for Returns {
    fn section<P: Protocol>(&mut self, section: &SectionInfo<'_, P>) {
        if let Operation::Resume(wake) = section.operation {
            self.0.push(wake);
        }
    }
}

#[test]
fn granted_thread_is_woken_without_its_timer() {
    let dog = Watchdog::new();
    for _ in 0..20 {
        let lock = dog.lock(RawGil::with_observer(Handoff::new(), Returns::default()));
        // The timer exists and is longer than a hand-off can take.
        lock.set_switch_interval(Duration::from_secs(30));
        let (holder, waiter) = (lock.register(), lock.register());
        lock.attach(&holder).unwrap();
        std::thread::scope(|threads| {
            threads.spawn(|| attach_and_detach(&dog, &lock, &waiter));
            until_asked(&dog, &lock);
            dog.waits("the holder: detach", || lock.detach(&holder)).unwrap();
        });
        let returns = lock.inspect_observer(|returns| std::mem::take(&mut returns.0));
        assert!(!returns.is_empty(), "it slept");
        assert!(returns.iter().all(|wake| *wake == Wake::Notified), "{returns:?}");
    }
}
