//! Panics that are expected.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// True if `f` panics.
pub(crate) fn panics<R>(f: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// The message of the panic of `f`, if it panics.
pub(crate) fn message_of<R>(f: impl FnOnce() -> R) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(f)).err()?;
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    Some(text.unwrap_or_else(|| panic.downcast_ref::<String>().expect("a panic with a text").clone()))
}

/// The message of the panic of `f`, which has to panic.
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    message_of(f).expect("this panics")
}
