//! The scale of a comparison: the sizes of its workloads.

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Large enough for figures.
    Full,
    /// Half a minute for the workloads of [`super::QUICK`].
    Quick,
    /// Only checks that everything runs. The figures have no meaning.
    Smoke,
}

impl Scale {
    /// The one for this scale.
    pub fn pick<T>(self, full: T, quick: T, smoke: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
            Self::Smoke => smoke,
        }
    }
}
