//! The hooks of modules in one instance.
//!
//! They run in one context and under one `catch_unwind`, up to the end, to one that fails, or to one whose step a subscriber
//! of events wants to see: it is called outside of the instance.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::context::{self, inside};
use super::header::Header;
use crate::error::{AttachError, TeardownFailure, message};
use crate::events::is_subscribed;
use crate::failure;
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
    attach_modules(block, std::slice::from_ref(module), arguments).map_err(|(_, error)| error)
}

/// Runs the attach hooks of these modules, up to one that fails, which it returns with its index; as [`attach_module`].
pub(crate) fn attach_modules(
    block: NonNull<Header>,
    modules: &[LinkedModule],
    arguments: &Arguments,
) -> Result<(), (usize, AttachError)> {
    // SAFETY: the caller keeps the block.
    let header = unsafe { block.as_ref() };
    let mut next = 0;
    // Without a hook nothing is entered.
    while modules[next..].iter().any(|module| module.attach.is_some()) {
        let run = || {
            while let Some(module) = modules.get(next) {
                next += 1;
                let Some(hook) = module.attach else { continue };
                let result = hook(arguments);
                if result.is_err() || is_subscribed() {
                    return Some(result);
                }
            }
            None
        };
        let result = match context::enter_entry(header.class, block, || catch_unwind(AssertUnwindSafe(run))) {
            Ok(None) => break,
            Ok(Some(result)) => result,
            Err(panic) => Err(panicked(panic)),
        };
        let module = modules[next - 1].entry;
        match result {
            Ok(()) => crate::events::event!("attach", header, module),
            Err(error) => {
                crate::events::event!("attach failed", header, module; error = error);
                let error = AttachError { instance: header.label(), module: module.name, source: Arc::from(error) };
                return Err((next - 1, error));
            }
        }
    }
    Ok(())
}

/// Runs the quiesce hooks of these modules, up to one that refuses.
///
/// # Safety
///
/// The caller has a handle until this returns.
pub(crate) unsafe fn quiesce_modules<'m>(
    header: NonNull<Header>,
    modules: impl IntoIterator<Item = &'m LinkedModule>,
) -> Result<(), Refusal> {
    let mut hooks = modules.into_iter().filter_map(|module| Some((module.entry, module.quiesce?))).peekable();
    let Some(&(mut module, _)) = hooks.peek() else { return Ok(()) };
    let run = || {
        hooks.try_for_each(|(entry, hook)| {
            module = entry;
            hook()
        })
    };
    let source = match inside(header, || catch_unwind(AssertUnwindSafe(run))) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(panic) => panicked(panic),
    };
    Err(Refusal { module, source: Arc::from(source) })
}

/// Runs the detach hooks of these modules, all of them whatever happens. Adds the panics to `failures`.
///
/// The caller keeps the block.
pub(crate) fn detach_modules<'m>(
    header: NonNull<Header>,
    modules: impl IntoIterator<Item = &'m LinkedModule>,
    failures: &mut Vec<TeardownFailure>,
) {
    let mut hooks = modules.into_iter().filter_map(|module| Some((module.entry, module.detach?))).peekable();
    while let Some(&(mut module, _)) = hooks.peek() {
        let run = || {
            for (entry, hook) in hooks.by_ref() {
                module = entry;
                hook();
                if is_subscribed() {
                    break;
                }
            }
        };
        let detached = inside(header, || catch_unwind(AssertUnwindSafe(run)));
        // SAFETY: the caller keeps the block.
        let head = unsafe { header.as_ref() };
        match detached {
            // Without a subscriber this does nothing.
            Ok(()) => crate::events::event!("detach", head, module),
            Err(panic) => {
                let text = message(panic);
                crate::events::event!("detach panicked", head, module; error = text);
                failures.push(TeardownFailure::in_hook(head.label(), module.name, text));
            }
        }
    }
}

/// Runs the detach hook of one module, and reports its panic.
///
/// The caller keeps the block.
pub(crate) fn detach_module(header: NonNull<Header>, module: &LinkedModule) {
    let mut failures = Vec::new();
    detach_modules(header, [module], &mut failures);
    failure::report(failures);
}

fn panicked(panic: Box<dyn Any + Send>) -> BoxError {
    BoxError::from(format!("panicked: {}", message(panic)))
}
