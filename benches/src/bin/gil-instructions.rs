//! One routine and nothing else, to count its instructions: `gil-instructions NAME COUNT` runs it COUNT
//! times and then twice as often, with calls of `mark` between. Without arguments it lists the names.
//!
//! The routines are the benchmarks', compiled into this program again: what else is in the library, and
//! how the compiler divides that, would change an instruction here and there.

#[cfg(loom)]
fn main() {
    println!("gil-instructions: benchmarks have nothing to say under loom");
}

#[cfg(not(loom))]
#[allow(dead_code)] // the benchmarks' tables
#[path = "../fast"]
mod fast {
    pub mod bare;
    pub mod instructions;
    pub mod protocols;
}

#[cfg(not(loom))]
mod interleaved {
    pub type Timed = (&'static str, fn(u64) -> std::time::Duration);
}

#[cfg(not(loom))]
#[allow(dead_code)] // as above
#[path = "../pairs.rs"]
mod pairs;

/// Where callgrind begins to count anew.
#[cfg(not(loom))]
#[inline(never)]
fn mark() {
    std::hint::black_box(());
}

#[cfg(not(loom))]
fn main() {
    let routines = fast::instructions::ROUTINES;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = arguments.as_slice() else {
        return routines.iter().for_each(|(name, _)| println!("{name}"));
    };
    let routine = routines.iter().find(|(known, _)| known == name);
    let (Some((_, routine)), Ok(count)) = (routine, count.parse::<u64>()) else {
        eprintln!("error: a routine's name and a count, as in `cas+cas 1000`");
        std::process::exit(2);
    };
    let _ = routine(1); // what the first one does for all
    for count in [count, 2 * count] {
        mark();
        let _ = routine(count);
    }
    mark();
}
