//! How many checks a selection makes, as committed: a selection must not shrink unnoticed.
//!
//! A suite, a mutant or an engine that is gone makes every claim that it judged look as good as
//! before. So the number of rows of each claim, protocol and kind is committed for each profile. A
//! claim with fewer rows is partly checked, which is no success.

use std::collections::BTreeMap;

use crate::explorer::fair::Fairness;
use crate::protocols::PROTOCOLS;
use crate::report::selection::Selection;
use crate::report::{Engine, Profile, Row, counts};

/// The numbers of rows by `profile kind claim of`.
pub type Due = BTreeMap<String, u64>;

const COMMITTED: &str = include_str!("../../golden/due.json");

/// The numbers in the repository, `gil-verify/golden/due.json`.
///
/// # Errors
/// When the file is not a JSON object of numbers.
pub fn committed() -> Result<Due, serde_json::Error> {
    serde_json::from_str(COMMITTED)
}

/// The numbers of rows in results. A mutant counts for each claim that it breaks.
#[must_use]
pub fn of(profile: Profile, rows: &[Row]) -> Due {
    let mut due = Due::new();
    for row in rows {
        let (kind, claims, of) = match row {
            Row::Claim(row) => (kind(row.engine), vec![row.id.as_str()], &row.protocol),
            Row::Mutant(row) => {
                ("mutants", row.breaks.iter().map(String::as_str).collect(), &row.of)
            }
            Row::Agreement(row) => ("comparisons", vec![row.id.as_str()], &row.protocol),
            Row::Bound(row) => ("bounds", vec!["LIVE-3"], &row.protocol),
        };
        for claim in claims {
            let key = format!("{} {kind} {claim} {of}", name(profile));
            *due.entry(key).or_default() += 1;
        }
    }
    due
}

/// Takes the numbers of a run of everything over.
pub fn replace(due: &mut Due, profile: Profile, rows: &[Row]) {
    let prefix = format!("{} ", name(profile));
    due.retain(|key, _| !key.starts_with(&prefix));
    due.extend(of(profile, rows));
}

/// What the selection is to run and has not, in words. Empty for a shard: the whole is judged when
/// it is merged. `no_spin`: Spin is not installed, which a note says.
#[must_use]
pub fn left_out(committed: &Due, found: &Due, selection: &Selection, no_spin: bool) -> Vec<String> {
    let mut sums: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for (key, due) in committed {
        let mut words = key.splitn(4, ' ');
        let (Some(profile), Some(kind), Some(claim), Some(of)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        // What belongs to no protocol runs with the default one.
        let of = if PROTOCOLS.contains(&of) { of } else { PROTOCOLS[0] };
        // Spin has weak fairness alone.
        let spin = kind == "spin" && (no_spin || selection.fairness != Fairness::Weak);
        if profile == name(selection.profile)
            && selection.has_claim(claim)
            && selection.has_protocol(of)
            && selection.shard.is_none()
            && !spin
        {
            let sum = sums.entry((kind, claim)).or_default();
            sum.0 += found.get(key).copied().unwrap_or_default().min(*due);
            sum.1 += due;
        }
    }
    sums.retain(|_, (ran, due)| ran < due);
    let say = |((kind, claim), (ran, due))| format!("{claim}, {kind}: {ran} of {due} ran");
    sums.into_iter().map(say).collect()
}

/// The numbers that are larger than the committed ones, in words.
#[must_use]
pub fn unknown(committed: &Due, found: &Due) -> Vec<String> {
    let more = |(key, found): (&String, &u64)| {
        let committed = committed.get(key).copied().unwrap_or_default();
        (*found > committed).then(|| {
            format!(
                "`{key}`: {found} checks, committed in gil-verify/golden/due.json {committed}; {}",
                counts::BLESS
            )
        })
    };
    found.iter().filter_map(more).collect()
}

const fn name(profile: Profile) -> &'static str {
    match profile {
        Profile::Quick => "quick",
        Profile::Full => "full",
    }
}

const fn kind(engine: Engine) -> &'static str {
    match engine {
        Engine::Loom => "loom",
        Engine::Explorer => "explorer",
        Engine::Shuttle => "shuttle",
        Engine::Spin => "spin",
        Engine::Proptest => "proptest",
        Engine::Threads => "threads",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(entries: &[(&str, u64)]) -> Due {
        entries.iter().map(|(key, number)| ((*key).to_owned(), *number)).collect()
    }

    #[test]
    fn fewer_rows_of_what_is_selected_are_left_out() {
        let committed = due(&[
            ("quick loom SAFE-1 handoff", 20),
            ("quick loom SAFE-1 python3", 8),
            ("quick loom SAFE-2 handoff", 20),
            ("quick mutants SAFE-1 mechanism", 3),
            ("full loom SAFE-1 handoff", 30),
        ]);
        let mut selection = Selection::all(Profile::Quick);
        selection.claim = Some("SAFE-1".to_owned());
        let left =
            |found: &Due, selection: &Selection| left_out(&committed, found, selection, false);
        assert_eq!(left(&committed, &selection), Vec::<String>::new());
        let gone = ["SAFE-1, loom: 0 of 28 ran", "SAFE-1, mutants: 0 of 3 ran"];
        assert_eq!(left(&Due::new(), &selection), gone);
        selection.protocol = Some("python3".to_owned());
        assert_eq!(left(&Due::new(), &selection), ["SAFE-1, loom: 0 of 8 ran"]);
        let more = due(&[("quick loom SAFE-1 python3", 9)]);
        assert_eq!(left(&more, &selection), Vec::<String>::new());
        assert_eq!(unknown(&committed, &more).len(), 1);
    }
}
