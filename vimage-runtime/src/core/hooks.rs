//! One hook of one module in one instance.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::context::{self, inside};
use super::header::Header;
use crate::error::{AttachError, TeardownFailure, message};
use crate::layout::LinkedModule;
use crate::registry::{Arguments, BoxError, ModuleEntry};

/// A module that does not let its instance go.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) module: &'static ModuleEntry,
    pub(crate) source: Arc<dyn std::error::Error + Send + Sync>,
}

/// Runs the attach hook of one module, in the instance and with the caller's contexts in all other classes.
///
/// The caller keeps the block.
pub(crate) fn attach_module(
    block: NonNull<Header>,
    module: &LinkedModule,
    arguments: &Arguments,
) -> Result<(), AttachError> {
    // SAFETY: the caller keeps the block.
    let header = unsafe { block.as_ref() };
    let Some(hook) = module.attach else { return Ok(()) };
    let run = || catch_unwind(AssertUnwindSafe(|| hook(arguments)));
    let source = match context::enter_entry(header.class, block, run) {
        Ok(Ok(())) => {
            crate::events::event!("attach", header, module.entry);
            return Ok(());
        }
        Ok(Err(error)) => error,
        Err(panic) => BoxError::from(format!("panicked: {}", message(panic))),
    };
    crate::events::event!("attach failed", header, module.entry; error = source);
    Err(AttachError { instance: header.label(), module: module.entry.name, source: Arc::from(source) })
}

/// Runs the quiesce hook of one module, if it has one.
///
/// # Safety
///
/// The caller has a handle until this returns.
pub(crate) unsafe fn ask(header: NonNull<Header>, module: &LinkedModule) -> Result<(), Refusal> {
    let Some(hook) = module.quiesce else { return Ok(()) };
    let source = match inside(header, || catch_unwind(AssertUnwindSafe(hook))) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(panic) => BoxError::from(format!("panicked: {}", message(panic))),
    };
    Err(Refusal { module: module.entry, source: Arc::from(source) })
}

/// Runs one detach hook.
pub(crate) fn detach_module(
    header: NonNull<Header>,
    module: &'static ModuleEntry,
    hook: Option<fn()>,
) -> Option<TeardownFailure> {
    // SAFETY: the caller keeps the block.
    let head = unsafe { header.as_ref() };
    let hook = hook?;
    let Err(panic) = inside(header, || catch_unwind(AssertUnwindSafe(hook))) else {
        crate::events::event!("detach", head, module);
        return None;
    };
    let text = message(panic);
    crate::events::event!("detach panicked", head, module; error = text);
    Some(TeardownFailure::in_hook(head.label(), module.name, text))
}
