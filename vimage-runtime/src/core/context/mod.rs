//! Which instance of each class is current on this thread: one implementation per kind of build.

use std::ptr::NonNull;

use super::header::Header;

pub(crate) mod stack;

#[cfg(feature = "vimage")]
mod instances;
#[cfg(feature = "vimage")]
use instances as build;
#[cfg(feature = "vimage")]
mod several;
#[cfg(feature = "vimage")]
pub(crate) use several::{ContextSet, bar_all, enter_each, leave_all};
#[cfg(not(feature = "vimage"))]
mod single;
#[cfg(not(feature = "vimage"))]
use single as build;

#[cfg(not(feature = "vimage"))]
pub(crate) use single::{ContextSet, bar_all, enter_each, leave_all};

pub(crate) use build::{adopt, bar, enter, enter_entry, found, is_current};

/// What is current in one class.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Current {
    /// Nothing is entered: the class says what that means.
    Nothing,
    /// Nothing may be resolved, not even the base instance: variables are being dropped.
    Barred,
    Instance(NonNull<Header>),
}

/// Runs `f` in the instance and in no other.
pub(crate) fn inside<R>(header: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    // SAFETY: the caller keeps the block.
    let class = unsafe { header.as_ref() }.class;
    leave_all(|| enter_entry(class, header, f))
}
