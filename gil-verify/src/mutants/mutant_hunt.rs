//! The kill matrix: which claims catch a mutant of a protocol, and at what cost.

use gil_models::registry::{self, AnyProtocol};

use crate::claims::explored::{self, Explored, SAFETY};
use crate::claims::{bisim, overtake, promise};
use crate::explorer::model::Program;
use crate::ledger;
use crate::mutants::protocol::{self, Mutant, Mutated};
use crate::report::{CaughtBy, Engine, MutantRow, MutantVerdict, Verdict};

/// A mutant with more states than this is out of control: the largest protocol here has 4,000.
const MUTANT_STATES_MAX: usize = 100_000;

/// Small programs first, so that the cost is small.
const PROGRAMS: [Program; 6] = [
    Program::blocking(2),
    Program::hogs(2),
    Program::cancelling(2),
    Program::hogs(3),
    Program::blocking(3),
    Program::cancelling(3),
];

/// Runs a mutant of a protocol in the explorer. `thorough`: every claim in every program, for the
/// matrix. Otherwise it stops at the first of the claims named in advance. `None`: there is no such
/// protocol.
pub(crate) fn hunt(mutant: &Mutant, name: &str, thorough: bool) -> Option<MutantRow> {
    let protocol = registry::protocol(name)?;
    protocol::take_applied();
    let mutated = Mutated::new(protocol, mutant.mutation);
    let mut kills: Vec<CaughtBy> = Vec::new();
    let named =
        |kills: &[CaughtBy]| kills.iter().any(|kill| mutant.breaks.contains(&kill.claim.as_str()));
    for program in PROGRAMS {
        if !thorough && named(&kills) {
            break;
        }
        let wanted = |claim: &&str| {
            let known = kills.iter().any(|kill| kill.claim == *claim);
            !known && (thorough || mutant.breaks.contains(claim))
        };
        let claims = explored::judged().chain(["FAST-PATH", "LIVE-3"]);
        let claims: Vec<_> = claims.filter(wanted).collect();
        kills.extend(kills_in(&mutated, name, program, &claims));
    }
    kills.sort_by_key(|kill| !mutant.breaks.contains(&kill.claim.as_str()));
    let verdict = match (mutant.equivalent, named(&kills), protocol::take_applied()) {
        // Whatever catches it refutes the argument.
        (Some(_), _, 1..) if kills.is_empty() => MutantVerdict::Equivalent,
        (None, true, _) => MutantVerdict::Caught,
        (_, false, 0) => MutantVerdict::NeverApplied,
        _ => MutantVerdict::Survived,
    };
    Some(MutantRow {
        id: mutant.name.to_owned(),
        of: name.to_owned(),
        breaks: mutant.breaks.iter().map(|claim| (*claim).to_owned()).collect(),
        argument: mutant.equivalent.map(str::to_owned),
        verdict,
        caught_by: kills,
    })
}

/// The claims that fail in a program and hold without the mutation.
fn kills_in(
    mutated: &Mutated<AnyProtocol>,
    name: &str,
    program: Program,
    claims: &[&'static str],
) -> Vec<CaughtBy> {
    let explored = Explored::new(mutated, program, MUTANT_STATES_MAX);
    let (threads, variant) = (program.threads, program.variant());
    let fails = |claim: &str| match claim {
        "FAST-PATH" => bisim::fast_path(&explored.live).different > 0,
        "LIVE-3" => {
            let applies = ledger::expected(claim, name, threads, variant).is_some();
            let differs =
                || overtake::longest(&explored.live).max != ledger::overtakes_max(name, threads);
            let applies = applies && variant == "blocking" && explored.live.is_complete();
            applies && (differs() || !promise::still_proved(name, &explored.live))
        }
        _ => {
            ledger::expected(claim, name, threads, variant) == Some(Verdict::Holds)
                && explored.check(claim).verdict == Verdict::Fails
        }
    };
    let graph = |claim: &str| match SAFETY.contains(&claim) {
        true => &explored.safety,
        false => &explored.live,
    };
    let kill = |claim: &&'static str| CaughtBy {
        claim: (*claim).to_owned(),
        engine: Engine::Explorer,
        explored: graph(claim).len() as u64,
    };
    claims.iter().filter(|claim| fails(claim)).map(kill).collect()
}
