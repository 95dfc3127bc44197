//! The end of an instance.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::block;
use super::header::{Header, State};
use crate::boot::LinkedModule;
use crate::context;
use crate::failure::{TeardownFailure, message};

/// Detaches what is attached, drops the variables and frees the block. Returns what could not be done.
///
/// # Safety
///
/// The caller has just given up the last handle.
pub(crate) unsafe fn end(header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: the block is freed below only.
    let head = unsafe { header.as_ref() };
    let state = head.class.state.get().expect("an instance's class has been laid out");
    let mut failures = Vec::new();
    // A failed creation has detached all that was attached.
    if head.state() != State::Gone {
        failures = detach(header, state.modules.iter().rev());
    }
    let label = head.label();
    state.tree().remove(head.id);
    // SAFETY: no handle exists, and out of the tree nobody can make one; no thread is inside, because `enter`
    // borrows a handle.
    let panics = unsafe { block::free(state, header) };
    failures.extend(panics.into_iter().map(|panic| TeardownFailure::in_drop(label.clone(), panic)));
    failures
}

/// Runs detach hooks in the context of the instance, all of them whatever happens, with no other context.
pub(crate) fn detach<'a>(
    header: NonNull<Header>,
    modules: impl Iterator<Item = &'a LinkedModule>,
) -> Vec<TeardownFailure> {
    // SAFETY: the caller keeps the block.
    let head = unsafe { header.as_ref() };
    head.set_state(State::ShuttingDown);
    let mut hooks = modules.filter_map(|module| Some((module.entry, module.detach?))).peekable();
    let mut failures = Vec::new();
    if hooks.peek().is_some() {
        context::leave_all(|| {
            context::enter_entry(head.class, header, || {
                for (module, hook) in hooks {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(hook)) {
                        failures.push(TeardownFailure::in_hook(head.label(), module, message(panic)));
                    }
                }
            });
        });
    }
    failures
}

