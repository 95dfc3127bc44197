//! Helpers that several test files use.
#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod drops;
pub(crate) mod instances;
pub(crate) mod log;
pub(crate) mod panics;
pub(crate) mod polls;
pub(crate) mod random;
pub(crate) mod reports;
pub(crate) mod reruns;
pub(crate) mod waits;

/// A number of rounds: fewer in Miri, which interprets each step of them.
pub(crate) const fn rounds(number: usize) -> usize {
    if cfg!(miri) { number.div_ceil(50) } else { number }
}
