//! Builds without instances: the base instance is current everywhere.

use std::ptr::NonNull;

use super::Current;
use crate::core::header::Header;
use crate::registry::{Class, ClassEntry};

/// Nothing is ever entered.
pub(crate) fn found(_: &'static ClassEntry) -> Current {
    Current::Nothing
}

/// Only the base instance is there, which is never destroyed.
pub(crate) fn is_current(_: NonNull<Header>) -> bool {
    false
}

pub(crate) fn adopt(_: &'static ClassEntry, _: NonNull<Header>) {}

/// Runs `f`, which is in the base instance as everything is.
#[expect(clippy::extra_unused_type_parameters, reason = "the interface of both builds")]
#[inline(always)]
pub(crate) fn enter<C: Class, R>(_: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn enter_entry<R>(_: &'static ClassEntry, _: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn enter_each(_: &[NonNull<Header>], f: &mut dyn FnMut()) {
    f();
}

/// Nothing: what is current is always the same.
#[derive(Debug, Default)]
pub(crate) struct ContextSet(());

impl ContextSet {
    pub(crate) fn new(_: impl Iterator<Item = Current>) -> Self {
        Self(())
    }

    #[inline(always)]
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        f()
    }
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
