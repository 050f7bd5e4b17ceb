//! The interpreter's worlds by name: one brand, and so one lock, for each protocol, and none.

use gil_core::Handoff;
use gil_models::{Python2, Python3};

use crate::script::{Free, Locked, World};

gil_core::brand!(
    /// Under the default protocol.
    pub struct Boosted: Handoff = Handoff::new()
);
gil_core::brand!(
    /// Under the default protocol without boosts.
    pub struct Plain: Handoff = Handoff::plain()
);
gil_core::brand!(
    /// Under CPython 3's protocol.
    pub struct Three: Python3 = Python3::new()
);
gil_core::brand!(
    /// Under Python 2's protocol.
    pub struct Two: Python2 = Python2::new()
);

/// Does something in a world whose type is only known by its name.
pub trait Visit {
    /// What comes of it.
    type Output;
    /// Called with the world of the name.
    fn visit<W: World>(self, name: &'static str) -> Self::Output;
}

/// The names, the default protocol first, the control without a lock last.
pub const RUNTIMES: &[&str] = &["handoff", "handoff-plain", "python3", "python2", "free"];

/// Calls `visit` with a world, or gives `None` when there is none of that name.
pub fn with<V: Visit>(name: &str, visit: V) -> Option<V::Output> {
    Some(match name {
        "handoff" => visit.visit::<Locked<Boosted>>("handoff"),
        "handoff-plain" => visit.visit::<Locked<Plain>>("handoff-plain"),
        "python3" => visit.visit::<Locked<Three>>("python3"),
        "python2" => visit.visit::<Locked<Two>>("python2"),
        "free" => visit.visit::<Free>("free"),
        _ => return None,
    })
}
