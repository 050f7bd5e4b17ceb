//! The instruction counts of the fast path, counted by valgrind, so that they have no noise.
//!
//! A routine runs a second time, twice as often, and the additional instructions are divided by the
//! count. The result is exact and reproducible. The committed counts of one compiler may not grow;
//! the targets, ratios to bare atomics, hold with any compiler.
//!
//! Not gungraun (once iai-callgrind): it needs its own program with more than a hundred crates,
//! built for minutes before the first count. A difference of two runs needs none of that.
//!
//! It needs valgrind. Without it the test prints that and counts nothing; with `CI_NEEDS_VALGRIND`
//! set it fails instead. It builds `gil-instructions` in the release profile, like a user's
//! program.
#![cfg(not(loom))]

#[path = "../../gil-core/tests/watchdog/mod.rs"]
mod watchdog;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use gil_bench::bench::micro::ROUTINES;
use serde::Deserialize;

use watchdog::Watchdog;

const COMMITTED: &str = include_str!("../instructions.json");
/// Repetitions of the first count; the second has twice as many. The ticks of Python 2's protocol
/// divide it.
const COUNT: u64 = 10_000;
/// Two compare-and-swaps are the minimum; a lock may cost a tenth more.
const PAIR_MOST: f64 = 1.1;

#[derive(Deserialize)]
struct Committed {
    compiler: String,
    instructions: BTreeMap<String, f64>,
}

/// Written past the capture of the test harness: the figures should be visible.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn is_there() -> bool {
    let there = watchdog::output(Command::new("valgrind").arg("--version"));
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        let missing =
            "valgrind is not on PATH; the Debian package is `valgrind`. Nothing was counted";
        assert!(std::env::var_os("CI_NEEDS_VALGRIND").is_none(), "{missing}");
        say(missing);
    }
    there
}

/// The program in a release build, independent of the flags of this test.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), PathBuf::from);
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["build", "--release", "--quiet", "-p", "gil-bench", "--bin", "gil-instructions"])
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    let output = watchdog::output_of_build(&mut command).expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("release/gil-instructions")
}

/// Instructions of one repetition.
fn each(program: &Path, routine: &str) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(folder.path().join("part"));
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind", "--dump-before=*gil_instructions::mark*"])
        .arg(out)
        .arg(program)
        .args([routine, &COUNT.to_string()]);
    let output = watchdog::output(&mut command).expect("valgrind starts");
    assert!(output.status.success(), "{routine}: {output:?}");
    let part = |number: u32| {
        let file = folder.path().join(format!("part.{number}"));
        let text = std::fs::read_to_string(&file).expect("valgrind writes its counts");
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse::<u64>().ok()).expect("a line with the total")
    };
    // Part 1 is before the first mark. Finding a thread's place in one lock costs a few more
    // instructions, once: less than a hundredth of one per repetition.
    let each = (part(3) - part(2)) as f64 / COUNT as f64;
    (each * 100.0).round() / 100.0
}

/// Instructions of one repetition, by routine; counted once, in one thread per core.
static COUNTED: LazyLock<BTreeMap<&str, f64>> = LazyLock::new(|| {
    let program = program();
    let (next, counted) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let dog = Watchdog::new();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let counting = dog.thread("a thread that counts");
                // Relaxed: each routine is taken once, and no other memory depends on it.
                while let Some((name, _)) = ROUTINES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let each = counting.waits(name, || each(&program, name));
                    counted.lock().expect("not poisoned").insert(*name, each);
                }
            });
        }
    });
    counted.into_inner().expect("not poisoned")
});

fn compiler() -> String {
    let output = watchdog::output(Command::new("rustc").arg("-vV")).expect("rustc starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let field = |name| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown");
    format!("{} {}", field("release: "), field("host: "))
}

#[test]
fn instruction_counts_do_not_grow() {
    if !is_there() {
        return;
    }
    let committed: Committed = serde_json::from_str(COMMITTED).expect("it is valid");
    let known: Vec<_> = committed.instructions.keys().map(String::as_str).collect();
    assert_eq!(known, COUNTED.keys().copied().collect::<Vec<_>>(), "one count for each routine");
    let here = compiler();
    let mut grown = Vec::new();
    for (name, now) in &*COUNTED {
        let before = committed.instructions[*name];
        say(&format!("  {name:24} {now:8} instructions, committed {before}"));
        if *now > before {
            grown.push(format!("{name}: {now} instructions, and {before} are committed"));
        }
    }
    if here != committed.compiler {
        return say(&format!("the committed counts are of {}, this is {here}", committed.compiler));
    }
    assert!(grown.is_empty(), "benches/instructions.json: {}", grown.join("; "));
}

#[test]
fn pair_is_two_compare_and_swaps_and_safepoint_one_load() {
    if !is_there() {
        return;
    }
    let bare = COUNTED["cas+cas"];
    for protocol in ["handoff", "handoff-plain", "python3", "python2"] {
        let pair = COUNTED[format!("raw/{protocol}").as_str()];
        let ratio = pair / bare;
        say(&format!("  raw/{protocol}: {pair} / {bare} of CAS + CAS is {ratio:.2}"));
        assert!(ratio <= PAIR_MOST, "{protocol}: {pair} instructions, CAS + CAS has {bare}");
    }
    // The typed API finds the thread's place in the lock first, and checks the token's rules.
    for routine in
        ["gil/handoff", "gil-once/handoff", "gil-detach/handoff", "parking_lot", "cpython"]
    {
        let pair = COUNTED[routine];
        say(&format!("  {routine}: {pair} / {bare} of CAS + CAS is {:.2}", pair / bare));
    }
    let bare = COUNTED["one-load"];
    for protocol in ["handoff", "handoff-plain", "python3"] {
        let safepoint = COUNTED[format!("safepoint/{protocol}").as_str()];
        assert!(safepoint <= bare, "{protocol}: {safepoint} instructions, one load has {bare}");
    }
}
