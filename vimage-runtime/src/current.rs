//! Which instance a class resolves to on this thread.

use std::ptr::NonNull;

use crate::boot;
use crate::core::context::{self, Current};
use crate::core::handle::Handle;
use crate::core::header::Header;
use crate::error::BootError;
use crate::registry::{ClassEntry, NoContext};

/// The instance that an accessor of this class would resolve to, without a panic.
pub(crate) fn block(class: &'static ClassEntry) -> Option<NonNull<Header>> {
    if !cfg!(feature = "vimage") {
        boot::ensure().ok()?;
        return class.base_block();
    }
    match context::found(class) {
        Current::Instance(block) => Some(block),
        Current::Nothing if class.no_context == NoContext::Base => adopt_base(class).ok(),
        Current::Nothing | Current::Barred => None,
    }
}

/// A handle to the current instance of the class; none in its detach hooks.
#[track_caller]
pub(crate) fn handle(class: &'static ClassEntry) -> Option<Handle> {
    let block = block(class)?;
    // SAFETY: it is current, and this thread does not leave it meanwhile.
    unsafe { Handle::of_current(block) }
}

/// The id of the current instance of the class.
pub(crate) fn id(class: &'static ClassEntry) -> Option<u64> {
    // SAFETY: the owner of the context keeps the instance alive while this thread is in it.
    block(class).map(|block| unsafe { block.as_ref() }.id)
}

/// Makes the base instance current for good on this thread, which has no context.
#[cold]
pub(crate) fn adopt_base(class: &'static ClassEntry) -> Result<NonNull<Header>, BootError> {
    boot::ensure()?;
    let base = class.laid_out().base();
    context::adopt(class, base);
    Ok(base)
}
