//! The regions of virtualized code, as the macros' output names them.

/// A local at the head of each region. Resolutions borrow it, so that they end with it.
///
/// It has no content, and no constant can be made of it. So an item cannot stand for the local, whatever its name.
#[doc(hidden)]
#[derive(Debug)]
pub struct Region(());

impl Region {
    #[allow(clippy::new_without_default, reason = "only the macros make them")]
    #[allow(clippy::missing_const_for_fn, reason = "see above")]
    #[inline(always)]
    pub fn new() -> Self {
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
