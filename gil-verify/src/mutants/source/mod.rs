//! The mutation run: every small change of `gil-core` that cargo-mutants generates, and every
//! single line of the default protocol's rules deleted. The oracle runs for seconds.
//!
//! The results are committed as `gil-verify/golden/mutation.json`, with the hash of each source
//! file. An unchanged source is not run again. `cargo verify mutation --check` only says whether
//! the file is current.
//!
//! The oracle stops at the first failure. The claims run first, in a build under loom
//! (`tests/oracle.rs`): the explorer's (2 threads of every protocol, 3 of the default one), those
//! of time (2 threads), then those of the loom suites with their comparisons. Then the tests of
//! `gil-core` run on real threads. The slow and unspecific checks run last: the counts of
//! everything explored, and whether the mutants of the mechanism still break their claims.

pub mod failure;
pub mod list;
pub mod rules;
pub mod run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The outcome of one change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A check failed.
    Caught,
    /// No check failed, and there is no argument why that is right.
    Missed,
    /// No check failed, and none can: see [`EQUIVALENT`].
    Equivalent,
    /// The run did not end: probably a hang, but not a failed check.
    Timeout,
    /// It does not compile.
    Unviable,
}

/// One change and its outcome.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The source file, from the workspace's folder.
    pub file: String,
    /// The change as cargo-mutants names it, or the deleted line.
    pub name: String,
    /// The outcome.
    pub verdict: Verdict,
    /// The first check that failed, or the argument.
    pub by: String,
    /// The claim that this check names; a test or a count need not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The duration of its builds and checks.
    pub seconds: f64,
}

/// All results.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// By source file, the hash of the text that its mutants were made from.
    pub sources: BTreeMap<String, String>,
    /// The changes, in the order of files and lines.
    pub mutants: Vec<Outcome>,
}

/// Why the mutation run is not possible.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// A file or a process.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// cargo-mutants is missing or failed.
    #[error("cargo-mutants gave no list; `cargo install cargo-mutants --locked` installs it\n{0}")]
    NoList(String),
    /// The oracle fails without any change.
    #[error("the oracle fails without a change, so it says nothing about changes: {0}")]
    OracleRed(String),
}

const COMMITTED: &str = include_str!("../../../golden/mutation.json");

/// The committed results, `gil-verify/golden/mutation.json`.
///
/// # Errors
/// When the file is not valid JSON of this shape.
pub fn committed() -> Result<Results, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// Sources outside the product: they exist under `cfg(loom)` only, and WITNESS guards them.
const NOT_PRODUCT: [&str; 3] =
    ["gil-core/src/sync/choice.rs", "gil-core/src/sync/mutants.rs", "gil-core/src/sync/loom.rs"];

/// A change that no check can notice.
#[derive(Clone, Copy, Debug)]
pub struct Equivalent {
    /// The source file, from the workspace's folder.
    pub file: &'static str,
    /// The beginning of its name, after the position.
    pub change: &'static str,
    /// The argument.
    pub why: &'static str,
}

/// Why a change that no check notices is still correct.
pub const EQUIVALENT: &[Equivalent] = &[
    Equivalent {
        file: "gil-core/src/registration.rs",
        change: "replace match guard cached.lock_id == lock_id with false in current",
        why: "the cached registration is in the map as well, so the look-up that follows gives the same \
              answer more slowly",
    },
    Equivalent {
        file: "gil-core/src/registration.rs",
        change: "replace match guard cached.lock_id == lock_id with false in is_attached",
        why: "as above",
    },
    Equivalent {
        file: "gil-core/src/raw/parker.rs",
        change: "replace == with != in Parker::spin_then_check",
        why: "as with the number of spins: when a waiter spins is a matter of speed",
    },
    Equivalent {
        file: "gil-core/src/sync/facade.rs",
        change: "replace spins -> u32 with",
        why: "how often a waiter looks for its notification before it parks is a matter of speed: the \
              unpark leaves a token, which ends a later park",
    },
    Equivalent {
        file: "gil-core/src/raw/word.rs",
        change: "replace + with *",
        why: "it takes FROZEN out of a biased word, where nothing looks at it: BIASED is enough",
    },
    Equivalent {
        file: "gil-core/src/raw/word.rs",
        change: "replace == with != in Word::attach",
        why: "it is inside the deliberate bug AttachByStore, which is off wherever no mutant is on, and \
              no code outside loom; inverted it is as wrong as before",
    },
    Equivalent {
        file: "gil-core/src/raw/word.rs",
        change: "replace == with != in Word::detach",
        why: "it is inside the deliberate bug DetachByStore, which is off wherever no mutant is on, \
              and no code outside loom",
    },
];

/// A change's name without the position: the description.
#[must_use]
pub fn done(name: &str) -> &str {
    name.split_once(": ").map_or(name, |(_, done)| done)
}

impl Equivalent {
    /// Whether it is about this change.
    #[must_use]
    pub fn is_about(&self, file: &str, name: &str) -> bool {
        self.file == file && done(name).starts_with(self.change)
    }
}

/// The argument for a change, if there is one.
#[must_use]
pub fn equivalent(file: &str, name: &str) -> Option<&'static str> {
    EQUIVALENT.iter().find(|known| known.is_about(file, name)).map(|known| known.why)
}

/// The workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The hashes of the sources of `gil-core` as they are now.
///
/// # Errors
/// When a source cannot be read.
pub fn sources(root: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    let mut folders = vec!["gil-core/src".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("{folder}/{name}");
            if entry.file_type()?.is_dir() {
                folders.push(file);
            } else if name.ends_with(".rs") && !NOT_PRODUCT.contains(&file.as_str()) {
                let hash = Sha256::digest(std::fs::read(entry.path())?);
                hashes.insert(file, hash.iter().map(|byte| format!("{byte:02x}")).collect());
            }
        }
    }
    Ok(hashes)
}

/// The sources whose results do not belong to the present text.
#[must_use]
pub fn stale(results: &Results, sources: &BTreeMap<String, String>) -> Vec<String> {
    let changed = |(file, hash): &(&String, &String)| results.sources.get(*file) != Some(*hash);
    sources.iter().filter(changed).map(|(file, _)| file.clone()).collect()
}

impl Results {
    /// Removes the results of other texts than the present one.
    pub fn keep(&mut self, present: &BTreeMap<String, String>) {
        let Self { sources, mutants } = self;
        sources.retain(|file, hash| present.get(file) == Some(hash));
        mutants.retain(|outcome| sources.contains_key(&outcome.file));
    }

    /// The number of changes with each verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.mutants.iter().filter(|mutant| mutant.verdict == verdict).count()
    }

    /// The results in words.
    #[must_use]
    pub fn summary(&self) -> String {
        let hours = self.mutants.iter().map(|mutant| mutant.seconds).sum::<f64>() / 3_600.0;
        format!(
            "{} mutants of gil-core: {} caught, {} missed, {} equivalent with an argument, \
             {} timeouts, {} unviable; {hours:.1} hours of one core",
            self.mutants.len(),
            self.count(Verdict::Caught),
            self.count(Verdict::Missed),
            self.count(Verdict::Equivalent),
            self.count(Verdict::Timeout),
            self.count(Verdict::Unviable),
        )
    }
}
