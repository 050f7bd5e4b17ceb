//! What to run.

use crate::claims::explored::STATES_MAX;
use crate::explorer::fair::Fairness;
use crate::report::Profile;

/// What to run.
#[derive(Clone, Debug)]
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
        let Self { protocol, claim, fairness, states_max, .. } = self;
        let whole = *fairness == Fairness::Weak && *states_max == STATES_MAX;
        protocol.is_none() && claim.is_none() && whole
    }
}
