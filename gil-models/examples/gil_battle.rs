//! The GIL battle: two CPU-bound threads, on two cores, under three protocols.
//!
//! `cargo run --example gil_battle`

use std::{ops::Range, time::Duration};

use gil_core::protocol::{Handoff, Protocol};
use gil_models::{Python2, Python3, picture::Lanes, sim};

fn fight<P: Protocol>(title: &str, protocol: P, us: Range<u64>) {
    let until = Duration::from_micros(us.end);
    let setup = sim::Setup { duration: until, record_until: until, ..sim::Setup::default() };
    let run = sim::run(title, protocol, &setup);
    let lanes = Lanes::new(&run.record, 2, us.start * 1_000..us.end * 1_000).named(title);
    println!("{}", lanes.terminal(80));
}

fn main() {
    fight("Python 2: releases every 100 ticks, and reacquires the lock", Python2::new(), 500..580);
    fight(
        "Python 3: releases on request, and waits for the switch",
        Python3::new(),
        50_000..80_000,
    );
    fight("The default protocol: hands off the lock", Handoff::new(), 50_000..80_000);
}
