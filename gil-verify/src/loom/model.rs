//! The entry points of loom, compiled once and not for each model.

use ::loom::model::Builder;

/// Explores all executions of a model, within the builder's bounds.
///
/// # Panics
/// As the model, and with loom's own messages.
pub fn explore_all(bounds: &Builder, model: impl Fn() + Send + Sync + 'static) {
    let model: Box<dyn Fn() + Send + Sync> = Box::new(model);
    bounds.check(model);
}

/// Starts a thread of the model that nobody joins.
pub fn spawn(work: impl FnOnce() + 'static) {
    let work: Box<dyn FnOnce()> = Box::new(work);
    ::loom::thread::spawn(work);
}
