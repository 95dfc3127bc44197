//! The ways a variable is stored and reached; the third parameter of an accessor.

/// Lives with its instance; a use gives a reference that ends with its region.
#[derive(Clone, Copy, Debug)]
pub enum Scoped {}
/// Made with its instance and never freed; a use gives a `&'static` reference.
#[derive(Clone, Copy, Debug)]
pub enum Keep {}
/// A `static mut`; a use is a place behind a raw pointer.
#[derive(Clone, Copy, Debug)]
pub enum Raw {}

/// The kinds that give references.
pub(crate) trait Shared {
    /// From the address of the slot to that of the value.
    ///
    /// # Safety
    ///
    /// `slot` is the address of a live slot of this kind that wraps a `T`.
    unsafe fn value<T>(slot: *const T) -> *const T;
}

impl Shared for Scoped {
    #[inline(always)]
    unsafe fn value<T>(slot: *const T) -> *const T {
        slot
    }
}
