//! One routine and nothing else, to count its instructions. `gil-instructions NAME COUNT` runs it
//! COUNT times and then twice as often, with calls of `mark` between the two. Without arguments it
//! lists the names.
//!
//! It compiles the routines of the benchmarks again. If they were linked from the library, every
//! change elsewhere could change their instruction count.

#[cfg(loom)]
fn main() {
    println!("gil-instructions: benchmarks do not run under loom");
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

/// Callgrind starts to count from zero here. It finds the function by its name.
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
    let _ = routine(1); // the part that only the first call runs
    for count in [count, 2 * count] {
        mark();
        let _ = routine(count);
    }
    mark();
}
