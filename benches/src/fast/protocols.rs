//! The protocols of the runtimes as types, so that a routine can be made for each of them.

use gil_core::{Handoff, Protocol};
use gil_models::{Python2, Python3};

/// A protocol to make locks with.
pub trait Kind {
    /// Its type.
    type Protocol: Protocol + Send;
    /// A new one.
    fn new() -> Self::Protocol;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $protocol:ty = $new:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Kind for $name {
                type Protocol = $protocol;
                fn new() -> $protocol {
                    $new
                }
            }
        )*
    };
}

kinds! {
    /// `handoff`, the default.
    Boosted: Handoff = Handoff::new();
    /// `handoff-plain`.
    Plain: Handoff = Handoff::plain();
    /// `python3`.
    Three: Python3 = Python3::new();
    /// `python2`.
    Two: Python2 = Python2::new();
}
