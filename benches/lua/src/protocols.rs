//! Locks by the names of their protocols.

use std::sync::Arc;

use gil_core::{Gil, Handoff, Protocol};
use gil_models::{OCaml, PyPy, Python2, Python3, Ruby};

use crate::lock::{Alone, Interpreter, Lock};

/// The names, the default protocol first. The last is no lock, and a state for each thread.
pub const NAMES: &[&str] =
    &["handoff", "handoff-plain", "python3", "python2", "pypy", "ruby", "ocaml", SEPARATE];

/// The name of no lock, and a state for each thread.
pub const SEPARATE: &str = "separate";

fn under<P: Protocol + Send + 'static>(protocol: P) -> Arc<dyn Lock> {
    Arc::new(Gil::with_protocol(Interpreter::default(), protocol))
}

/// A new lock, or `None` when there is no protocol of that name.
#[must_use]
pub fn lock(name: &str) -> Option<Arc<dyn Lock>> {
    Some(match name {
        "handoff" => under(Handoff::new()),
        "handoff-plain" => under(Handoff::plain()),
        "python3" => under(Python3::new()),
        "python2" => under(Python2::new()),
        "pypy" => under(PyPy::new()),
        "ruby" => under(Ruby::new()),
        "ocaml" => under(OCaml::new()),
        SEPARATE => Arc::new(Alone::default()),
        _ => return None,
    })
}
