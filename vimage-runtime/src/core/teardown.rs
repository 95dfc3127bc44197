//! The end of an instance: quiesce, detach, drop.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::time::Instant;

use super::block;
use super::context::inside;
use super::handle::Handle;
use super::header::Header;
use super::hooks::{Refusal, ask, detach_module};
use super::phase::Phase;
use crate::error::{TeardownFailure, message};
use crate::failure;

/// Marks a live instance as shutting down and runs its quiesce hooks, in reverse order of attach. Says whether
/// this call did it: if not, that was done before, or is being done just now. If one refuses, the instance is live
/// again.
///
/// # Safety
///
/// The caller has a handle until this returns.
pub(crate) unsafe fn shut_down(header: NonNull<Header>) -> Result<bool, Refusal> {
    // SAFETY: by contract.
    let head = unsafe { header.as_ref() };
    if !head.change_phase(Phase::Live, Phase::Quiescing) {
        return Ok(false);
    }
    let added = head.lock().attached.clone();
    let modules = added.iter().rev().map(|added| &added.linked).chain(head.class_state().modules.iter().rev());
    // SAFETY: by contract.
    let asked = modules.into_iter().try_for_each(|module| unsafe { ask(header, module) });
    match asked {
        Ok(()) => {
            notify_observers(header);
            head.set_phase(Phase::Quiesced);
            crate::events::event!("shutdown", head);
            Ok(true)
        }
        Err(refusal) => {
            head.change_phase(Phase::Quiescing, Phase::Live);
            crate::events::event!("shutdown refused", head, refusal.module; error = refusal.source);
            Err(refusal)
        }
    }
}

/// Notifies all observers. A panic of one is reported and does not stop the others.
///
/// The caller keeps the instance, and has set a phase in which none can be added.
fn notify_observers(header: NonNull<Header>) {
    // SAFETY: the caller keeps the block.
    let head = unsafe { header.as_ref() };
    while let Some(observer) = head.take_observer() {
        let Some(observer) = observer.upgrade() else { continue };
        let notified = inside(header, || {
            let notified = catch_unwind(AssertUnwindSafe(|| observer.shut_down(head.id)));
            // It may be the last reference, whose values belong here too.
            notified.and_then(|()| catch_unwind(AssertUnwindSafe(|| drop(observer))))
        });
        if let Err(panic) = notified {
            failure::report(vec![TeardownFailure::in_observer(head.label(), message(panic))]);
        }
    }
}

/// Why an instance was not ended.
#[derive(Debug)]
pub(crate) enum Stays {
    /// There are other handles.
    Busy(Handle),
    Refused(Handle, Refusal),
}

/// Asks the modules of an instance and ends it, if this is the last handle or becomes it until the deadline. Returns
/// what went wrong on the way.
pub(crate) fn destroy(mut handle: Handle, deadline: Option<Instant>) -> Result<Vec<TeardownFailure>, Stays> {
    loop {
        // SAFETY: `handle` is one.
        let shut = match unsafe { shut_down(handle.as_ptr()) } {
            Ok(shut) => shut,
            Err(refusal) => return Err(Stays::Refused(handle, refusal)),
        };
        let last = match deadline {
            None => handle.into_last(),
            Some(deadline) => handle.into_last_until(deadline),
        };
        handle = match last {
            // SAFETY: that was the last handle.
            Ok(header) => return Ok(unsafe { end(header) }),
            // Somebody else had asked the modules, and they refused or he has given up.
            Err(handle) if handle.header().phase() == Phase::Live => handle,
            Err(handle) => {
                if shut {
                    handle.header().change_phase(Phase::Quiesced, Phase::Live);
                }
                return Err(Stays::Busy(handle));
            }
        }
    }
}

crate::sync::thread_local! {
    /// Whether this thread is dropping the variables of an instance.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
    /// Instances whose last handles were among those variables.
    static NEXT: RefCell<Vec<NonNull<Header>>> = const { RefCell::new(Vec::new()) };
}

fn is_dropping() -> bool {
    DROPPING.with(Cell::get)
}

/// Gives up what seems to be the last handle and ends the instance. `false` if it was not the last: a quiesce
/// hook has made another one, or another thread has; or if its modules are to be asked again.
///
/// # Safety
///
/// The caller has a handle, and forgets it if this is true.
pub(crate) unsafe fn drop_last(header: NonNull<Header>) -> bool {
    // SAFETY: the caller's handle keeps it.
    let head = unsafe { header.as_ref() };
    // SAFETY: as above.
    let shut = unsafe { shut_down(header) };
    // It goes whatever its modules say, so that its observers have to go.
    let refused = shut.is_err() && head.change_phase(Phase::Live, Phase::Quiescing);
    if refused {
        notify_observers(header);
        head.set_phase(Phase::Quiesced);
    }
    if !head.release_last() {
        if refused || matches!(shut, Ok(true)) {
            head.change_phase(Phase::Quiesced, Phase::Live);
        }
        return false;
    }
    if let Err(refusal) = shut {
        failure::report(vec![TeardownFailure::refused(head.label(), refusal.module.name, refusal.source)]);
    }
    // Instances that hold each other in a chain end one after the other and not one inside the other, which
    // would take a stack as deep as the chain is long.
    if is_dropping() && NEXT.try_with(|next| next.borrow_mut().push(header)).is_ok() {
        return true;
    }
    // SAFETY: the last handle was just given up.
    failure::report(unsafe { end(header) });
    true
}

/// Detaches what is attached, drops the variables and frees the block; then the same for the instances whose last
/// handles were in there. Returns what went wrong.
///
/// # Safety
///
/// The caller has just given up the last handle.
pub(crate) unsafe fn end(header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: by contract.
    let mut failures = unsafe { end_one(header) };
    if is_dropping() {
        return failures;
    }
    while let Ok(Some(header)) = NEXT.try_with(|next| next.borrow_mut().pop()) {
        // SAFETY: `drop_last` has given up its last handle, and left the rest to us.
        failures.extend(unsafe { end_one(header) });
    }
    failures
}

unsafe fn end_one(header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: the block is freed below only.
    let head = unsafe { header.as_ref() };
    let state = head.class_state();
    let mut failures = Vec::new();
    // A failed creation has detached all that was attached.
    if head.phase() != Phase::Gone {
        failures = detach(header, state.modules.len());
    }
    crate::events::event!("destroy", head);
    state.live().tree.remove(head.id);
    let dropping = DROPPING.with(|dropping| dropping.replace(true));
    // SAFETY: no handle exists, and out of the tree nobody can make one; no thread is inside, because `enter`
    // borrows a handle.
    failures.extend(unsafe { block::drop_all(&state.parts, header) });
    DROPPING.with(|now| now.set(dropping));
    // SAFETY: as above, and `head` is not used any more.
    unsafe { block::free(state.layout, header) };
    failures
}

/// Runs the detach hooks of run-time modules and of the first `boot_modules` others, in reverse order of attach, all of
/// them whatever happens.
///
/// The caller keeps the block, and nobody else attaches or detaches boot modules.
pub(crate) fn detach(header: NonNull<Header>, boot_modules: usize) -> Vec<TeardownFailure> {
    // SAFETY: by contract.
    let head = unsafe { header.as_ref() };
    head.set_phase(Phase::Detaching);
    // What is left is from attach hooks: `shut_down` comes before the last handle goes.
    notify_observers(header);
    let mut failures = Vec::new();
    loop {
        // Whoever takes it out detaches it: a registration that fails may do the same.
        let Some(added) = head.lock().attached.pop() else { break };
        failures.extend(detach_module(header, added.linked.entry, added.linked.detach));
        added.detached();
    }
    for module in head.class_state().modules[..boot_modules].iter().rev() {
        failures.extend(detach_module(header, module.entry, module.detach));
    }
    failures
}
