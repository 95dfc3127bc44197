//! Which instance a class resolves to on this thread.

use std::fmt;
use std::ptr::NonNull;

use crate::core::context::{self, Current};
use crate::core::handle::Handle;
use crate::core::header::Header;
use crate::error::BootError;
use crate::registry::{Class, ClassEntry, NoContext};
use crate::{boot, stray};

/// The instance that this thread is in, whatever the class says of a missing context.
#[inline]
pub(crate) fn entered(class: &'static ClassEntry) -> Option<NonNull<Header>> {
    if !cfg!(feature = "vimage") {
        boot::ensure().ok()?;
        return class.base_block();
    }
    match context::found(class) {
        Current::Instance(block) => Some(block),
        Current::Nothing | Current::Barred => None,
    }
}

/// The instance that an accessor of this class would resolve to.
///
/// # Panics
///
/// Where the class falls back on its base instance, and a thread of a test must not.
#[track_caller]
pub(crate) fn block(class: &'static ClassEntry) -> Option<NonNull<Header>> {
    match context::found(class) {
        Current::Nothing if cfg!(feature = "vimage") && class.no_context == NoContext::Base => {
            adopt_base(class, format_args!("the current {} instance", class.name)).ok()
        }
        _ => entered(class),
    }
}

/// Whether an accessor of this class would find an instance.
pub(crate) fn is_any(class: &'static ClassEntry) -> bool {
    let falls_back = class.no_context == NoContext::Base && matches!(context::found(class), Current::Nothing);
    entered(class).is_some() || falls_back
}

/// A handle to the current instance of the class; none in its detach hooks.
///
/// # Panics
///
/// As [`block`].
#[track_caller]
pub(crate) fn handle(class: &'static ClassEntry) -> Option<Handle> {
    let block = block(class)?;
    // SAFETY: it is current, and this thread does not leave it meanwhile.
    unsafe { Handle::of_current(block) }
}

/// [`handle`], fast where the class is known and an instance of it is entered.
#[inline(always)]
#[track_caller]
pub(crate) fn handle_of<C: Class>() -> Option<Handle> {
    #[cfg(feature = "vimage")]
    if let Some(block) = C::CONTEXT.get().block() {
        // SAFETY: as in `handle`.
        return unsafe { Handle::of_current(block) };
    }
    handle(C::ENTRY)
}

/// A handle to the instance that this thread is in; none in its detach hooks.
#[track_caller]
pub(crate) fn entered_handle(class: &'static ClassEntry) -> Option<Handle> {
    let block = entered(class)?;
    // SAFETY: as in `handle`.
    unsafe { Handle::of_current(block) }
}

/// The id of the instance that this thread is in.
pub(crate) fn id(class: &'static ClassEntry) -> Option<u64> {
    // SAFETY: the owner of the context keeps the instance alive while this thread is in it.
    entered(class).map(|block| unsafe { block.as_ref() }.id)
}

/// Makes the base instance current for good on this thread, which has no context. `used` says what for.
///
/// # Panics
///
/// If this may be a thread that a test has started without its contexts.
#[cold]
#[track_caller]
pub(crate) fn adopt_base(class: &'static ClassEntry, used: fmt::Arguments<'_>) -> Result<NonNull<Header>, BootError> {
    boot::ensure()?;
    stray::check(class, used);
    let base = class.laid_out().base();
    if stray::may_adopt() {
        context::adopt(class, base);
    }
    Ok(base)
}
