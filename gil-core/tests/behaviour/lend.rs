//! A lent token.

use gil_core::{AttachError, Gil};

#[test]
fn lent_token_can_be_used_repeatedly() {
    let gil = Gil::new(0);
    let mut attached = gil.attach();
    let callback = || gil.with(|attached| **attached += 1);
    attached.lend(|| {
        assert_eq!(callback(), Ok(()));
        assert_eq!(callback(), Ok(()), "the first use has given it back");
    });
    assert_eq!(*attached, 2);
}

#[test]
fn token_is_lent_only_while_the_closure_runs() {
    let gil = Gil::new(0);
    let mut attached = gil.attach();
    attached.lend(|| ()); // no code uses it
    assert_eq!(gil.with(|_| ()), Err(AttachError::AlreadyAttached));
    *attached += 1;
}

#[test]
fn token_that_is_not_lent_is_not_found() {
    let gil = Gil::new(0);
    let callback = || gil.with_lent(|attached| **attached += 1);
    assert_eq!(callback(), None, "not attached");
    assert!(!gil.is_attached());
    let mut attached = gil.attach_checked().unwrap();
    assert_eq!(callback(), None, "attached, and not lent");
    assert_eq!(attached.lend(|| (callback(), callback())), (Some(()), Some(())));
    assert_eq!(attached.detach(callback), None);
    assert_eq!(*attached, 2);
    assert_eq!(gil.attach_checked().err(), Some(AttachError::AlreadyAttached));
}
