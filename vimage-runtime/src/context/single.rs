//! Builds without instances: the base instance is current everywhere.

use std::ptr::NonNull;

use super::Captured;
use crate::boot;
use crate::class::{Class, ClassEntry};
use crate::instance::{Handle, Header};

/// Nothing: no thread is ever elsewhere than in the base instance.
pub type ClassContext = ();

/// Makes the `CONTEXT` of a class.
#[doc(hidden)]
#[macro_export]
macro_rules! __class_context {
    () => {
        ()
    };
}

/// The base instance, once there is one.
pub(crate) fn current(class: &'static ClassEntry) -> Option<NonNull<Header>> {
    boot::ensure().ok()?;
    class.state.get().map(|state| state.base())
}

/// Only the base instance is there, which nobody ends.
pub(crate) fn is_current(_: NonNull<Header>) -> bool {
    false
}

/// Runs `f`, which is in the base instance as everything is.
#[expect(clippy::extra_unused_type_parameters, reason = "the interface of both builds")]
#[inline(always)]
pub(crate) fn enter<C: Class, R>(_: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn enter_entry<R>(_: &'static ClassEntry, _: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn enter_each<'a, R>(_: impl Iterator<Item = &'a Handle>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn capture(_: &'static ClassEntry) -> Captured {
    Captured::Nothing
}

pub(crate) fn enter_captured<'a, R>(
    _: impl Iterator<Item = (&'static ClassEntry, &'a Captured)>,
    f: impl FnOnce() -> R,
) -> R {
    f()
}

pub(crate) fn bar<R>(_: &'static ClassEntry, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    f()
}
