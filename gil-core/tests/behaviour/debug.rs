//! The `Debug` output of the types.

use gil_core::Gil;
use gil_core::heap::{GilCell, GilRc};
use gil_core::protocol::{Handoff, ThreadId};
use gil_core::raw::RawGil;

#[test]
fn lock_prints_its_state_unless_a_thread_is_attached() {
    let gil = Gil::new(7);
    assert_eq!(format!("{gil:?}"), "Gil(7)");
    assert!(!gil.is_attached(), "it has detached again");
    let attached = gil.attach();
    assert_eq!(format!("{gil:?}"), "Gil(<attached>)");
    assert_eq!(format!("{attached:?}"), "Attached(7)");
}

#[test]
fn raw_lock_prints_its_protocol() {
    let lock = RawGil::new(Handoff::new());
    lock.on_switch_request(|_| ());
    assert_eq!(format!("{lock:?}"), "RawGil { protocol: \"handoff\", .. }");
}

#[test]
fn thread_id_prints_as_its_number() {
    assert_eq!(format!("{:?}", ThreadId::from_index(3)), "T3");
}

#[test]
fn handle_prints_its_object_and_cell_hides_its_value() {
    gil_core::brand!(struct Printed);
    let handle = GilRc::<Printed, _>::new(7);
    assert_eq!(format!("{handle:?}"), "GilRc(7)");
    let cell = GilCell::<Printed, _>::new(7);
    assert_eq!(format!("{cell:?}"), "GilCell { .. }", "to look inside takes a token");
}
