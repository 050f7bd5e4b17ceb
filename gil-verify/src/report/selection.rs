//! What to run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::claims::explored::STATES_MAX;
use crate::explorer::fair::Fairness;
use crate::report::Profile;

/// One of several equal parts of a run, for as many machines.
///
/// ```
/// use gil_verify::report::selection::Shard;
/// let shard: Shard = "2/8".parse().unwrap();
/// assert_eq!((shard.number, shard.of, shard.to_string().as_str()), (2, 8, "2/8"));
/// assert!("0/8".parse::<Shard>().is_err() && "9/8".parse::<Shard>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, from 1 to `of`.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// A text that names no shard.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not K/N with K from 1 to N, for example 2/8")]
pub struct NoShard(String);

impl FromStr for Shard {
    type Err = NoShard;
    fn from_str(text: &str) -> Result<Self, NoShard> {
        let parts =
            text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let shard = parts.filter(|(k, n)| (1..=*n).contains(k));
        let shard = shard.map(|(number, of)| Self { number, of });
        shard.ok_or_else(|| NoShard(text.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What to run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Selection {
    /// The profile.
    pub profile: Profile,
    /// Only this protocol.
    pub protocol: Option<String>,
    /// Only this claim.
    pub claim: Option<String>,
    /// The fairness under which liveness is judged.
    pub fairness: Fairness,
    /// A graph with more states than this is inconclusive.
    pub states_max: usize,
    /// Only a part of the jobs; `None` for all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<Shard>,
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {}", format!("{:?}", self.profile).to_lowercase())?;
        for (what, only) in [("protocol", &self.protocol), ("claim", &self.claim)] {
            if let Some(only) = only {
                write!(f, ", {what} {only}")?;
            }
        }
        write!(f, ", fairness {}, at most {} states", self.fairness.name(), self.states_max)
    }
}

impl Selection {
    /// Everything of a profile.
    #[must_use]
    pub const fn all(profile: Profile) -> Self {
        Self {
            profile,
            protocol: None,
            claim: None,
            fairness: Fairness::Weak,
            states_max: STATES_MAX,
            shard: None,
        }
    }

    /// Whether `protocol` is selected.
    #[must_use]
    pub fn has_protocol(&self, protocol: &str) -> bool {
        self.protocol.as_deref().is_none_or(|only| only == protocol)
    }

    /// Whether `claim` is selected.
    #[must_use]
    pub fn has_claim(&self, claim: &str) -> bool {
        self.claim.as_deref().is_none_or(|only| only == claim)
    }

    /// Whether everything is selected, so that the counts can be compared with the committed ones.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.protocol.is_none() && self.is_everything_of("")
    }

    /// Whether everything about a protocol is selected: then each committed count of it is due.
    #[must_use]
    pub fn is_everything_of(&self, protocol: &str) -> bool {
        let Self { claim, fairness, states_max, shard, .. } = self;
        let whole = *fairness == Fairness::Weak && *states_max == STATES_MAX && shard.is_none();
        claim.is_none() && whole && self.has_protocol(protocol)
    }
}
