//! The regions of virtualized code, as the macros' output names them.

/// What a resolution borrows, so that it ends with it; a local at the head of each region.
///
/// It has no content, and whoever has it can do nothing with it. It has no `PartialEq`, so that a constant of the
/// user's is no pattern that a region matches.
#[doc(hidden)]
#[derive(Debug)]
pub struct Region(());

impl Region {
    #[allow(clippy::new_without_default, reason = "only the macros make them")]
    #[inline(always)]
    pub const fn new() -> Self {
        Self(())
    }
}

/// Only [`Region`]. A generic parameter, because what has another type is not coerced to it.
#[doc(hidden)]
pub trait IsRegion: sealed::Sealed {}
impl IsRegion for Region {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Region {}
}
