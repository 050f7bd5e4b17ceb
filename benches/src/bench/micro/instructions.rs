//! The routines whose instructions are counted, by names that are easy to type.

use super::bare;
use super::timed::Timed;
use super::uncontended::{
    all_sections, detach, gil, gil_once, parking_lot, raw, safepoint, std_mutex,
};
use crate::bench::protocols::{Boosted, Plain, Python2, Python3};

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
    ("gil/python3", gil::<Python3>),
    ("gil/python2", gil::<Python2>),
    ("gil-detach/handoff", detach::<Boosted>),
    ("raw/handoff", raw::<Boosted>),
    ("raw/handoff-plain", raw::<Plain>),
    ("raw/python3", raw::<Python3>),
    ("raw/python2", raw::<Python2>),
    ("raw-no-word/python3", all_sections::<Python3>),
    ("one-load", bare::one_load),
    ("safepoint/handoff", safepoint::<Boosted>),
    ("safepoint/handoff-plain", safepoint::<Plain>),
    ("safepoint/python3", safepoint::<Python3>),
    ("safepoint/python2", safepoint::<Python2>),
];
