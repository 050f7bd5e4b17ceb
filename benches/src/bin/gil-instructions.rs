//! One routine and nothing else, to count its instructions. `gil-instructions NAME COUNT` runs it COUNT
//! times and then twice as often, with calls of `mark` in between. Without arguments it lists the names.
//!
//! It compiles the routines of the benchmarks again. Linked from the library, they would have an
//! instruction more or less with every change elsewhere in it.

#[cfg(loom)]
fn main() {
    println!("gil-instructions: benchmarks have nothing to say under loom");
}

#[cfg(not(loom))]
#[allow(dead_code)] // the tables of the benchmarks
#[path = "../bench"]
mod bench {
    pub mod protocols;
    pub mod micro {
        pub mod bare;
        pub mod instructions;
        pub mod timed;
        pub mod uncontended;
    }
}

/// Here callgrind starts to count from zero. It finds the function by its name.
#[cfg(not(loom))]
#[inline(never)]
fn mark() {
    std::hint::black_box(());
}

#[cfg(not(loom))]
fn main() {
    let routines = bench::micro::instructions::ROUTINES;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = arguments.as_slice() else {
        return routines.iter().for_each(|(name, _)| println!("{name}"));
    };
    let routine = routines.iter().find(|(known, _)| known == name);
    let (Some((_, routine)), Ok(count)) = (routine, count.parse::<u64>()) else {
        eprintln!("error: a routine's name and a count, as in `cas+cas 1000`");
        std::process::exit(2);
    };
    let _ = routine(1); // what only the first call does
    for count in [count, 2 * count] {
        mark();
        let _ = routine(count);
    }
    mark();
}
