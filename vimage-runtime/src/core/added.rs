//! A module that was added while the program runs, as instances refer to it.

use std::ops::Range;

use crate::layout::{LinkedModule, PlacedPart};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// A module that was registered after boot.
#[derive(Debug)]
pub(crate) struct AddedModule {
    pub(crate) linked: LinkedModule,
    pub(crate) parts: Vec<PlacedPart>,
    /// What it takes of the reserve of each block.
    pub(super) room: Range<usize>,
    /// Registration has failed or ended: no instance attaches it any more. Each one still makes its variables, for
    /// they can be reached until they lose their place. Changes under the lock of the class.
    pub(super) withdrawn: AtomicBool,
    /// In how many instances it is attached, plus one for its registration. When that comes down to 0 its
    /// variables lose their place.
    pub(super) users: AtomicUsize,
}

impl AddedModule {
    pub(crate) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Relaxed)
    }
}
