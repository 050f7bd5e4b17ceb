//! The routines whose instructions are counted, by names that are easy to type.

use crate::fast::bare;
use crate::fast::protocols::{Boosted, Plain, Three, Two};
use crate::interleaved::Timed;
use crate::pairs::{all_sections, detach, gil, gil_once, parking_lot, raw, safepoint, std_mutex};

/// All of them.
pub const ROUTINES: &[Timed] = &[
    ("nothing", bare::nothing),
    ("cas+cas", bare::two_swaps),
    ("cas+store", bare::swap_and_store),
    ("parking_lot", parking_lot),
    ("std", std_mutex),
    ("cpython", bare::cpython),
    ("gil/handoff", gil::<Boosted>),
    ("gil-once/handoff", gil_once),
    ("gil/handoff-plain", gil::<Plain>),
    ("gil/python3", gil::<Three>),
    ("gil/python2", gil::<Two>),
    ("gil-detach/handoff", detach::<Boosted>),
    ("raw/handoff", raw::<Boosted>),
    ("raw/handoff-plain", raw::<Plain>),
    ("raw/python3", raw::<Three>),
    ("raw/python2", raw::<Two>),
    ("raw-no-word/python3", all_sections::<Three>),
    ("one-load", bare::one_load),
    ("safepoint/handoff", safepoint::<Boosted>),
    ("safepoint/handoff-plain", safepoint::<Plain>),
    ("safepoint/python3", safepoint::<Three>),
    ("safepoint/python2", safepoint::<Two>),
];
