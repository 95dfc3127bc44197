//! How instances are made: initialize all, attach in order, or take everything back.

use std::error::Error;
use std::sync::Arc;

use super::class_state::ClassState;
use super::handle::Handle;
use super::header::{BASE, Header};
use super::hooks::{attach_module, attach_modules, detach_module};
use super::phase::Phase;
use super::teardown;
use crate::error::{AttachError, Chain};
use crate::failure;
use crate::registry::{Arguments, ClassEntry};

/// Makes an instance: its memory, then `prepare`, then its attach hooks. After boot.
#[inline]
#[track_caller]
pub(crate) fn create<E: From<AttachError> + Error + 'static>(
    class: &'static ClassEntry,
    parent: Option<u64>,
    name: Option<Box<str>>,
    arguments: &Arguments,
    prepare: impl FnOnce(&Handle) -> Result<(), E>,
) -> Result<Handle, E> {
    let handle = add(class, class.laid_out(), parent.unwrap_or(BASE), name);
    let made = match prepare(&handle) {
        Ok(()) => attach(&handle, arguments).map_err(E::from),
        Err(error) => {
            undo(&handle, 0);
            Err(error)
        }
    };
    if let Err(error) = made {
        let causes = Chain(&error);
        crate::events::event!("create failed", handle.header(); error = causes);
        return Err(error);
    }
    Ok(handle)
}

/// Makes the base instance of a class; its attach hooks are still to run.
pub(crate) fn create_base(class: &'static ClassEntry, state: &ClassState) -> Handle {
    add(class, state, BASE, None)
}

/// Makes the memory of an instance and enters it into the tree.
#[track_caller]
pub(crate) fn add(class: &'static ClassEntry, state: &ClassState, parent: u64, name: Option<Box<str>>) -> Handle {
    let (header, shift) = state.blueprint.allocate();
    let mut live = state.live();
    let (id, slot) = live.tree.reserve();
    // SAFETY: `allocate` has left this place for it.
    unsafe { header.write(Header::new(class, id, name, slot, shift)) };
    // Under one lock with entering the tree: a module that is registered now either sees this instance or is seen here.
    for added in &live.added {
        // SAFETY: no other thread knows the block yet.
        unsafe { added.initialize(header) };
    }
    live.tree.insert(slot, id, parent, header);
    // SAFETY: the slot now counts one handle, this one.
    let handle = unsafe { Handle::from_counted(header) };
    drop(live);
    crate::events::event!("create", handle.header());
    handle
}

/// Runs the attach hooks; then the instance is live. If one fails, the modules before it are detached, and the instance is
/// `Gone`.
pub(crate) fn attach(handle: &Handle, arguments: &Arguments) -> Result<(), AttachError> {
    let modules = &handle.header().class_state().modules;
    let of_boot = if modules.is_empty() { Ok(()) } else { attach_modules(handle.as_ptr(), modules, arguments) };
    let (attached, error) = match of_boot {
        Err(failed) => failed,
        Ok(()) => match attach_added(handle, arguments) {
            Ok(()) => return Ok(()),
            Err(error) => (modules.len(), error),
        },
    };
    undo(handle, attached);
    Err(error)
}

/// Attaches the run-time modules, also those that are registered meanwhile. The instance becomes live, under the lock of
/// the class, when no module remains.
fn attach_added(handle: &Handle, arguments: &Arguments) -> Result<(), AttachError> {
    let header = handle.header();
    let state = header.class_state();
    loop {
        let added = {
            let live = state.live();
            let Some(added) =
                live.added.iter().find(|added| !added.is_withdrawn() && !added.is_in(header)).map(Arc::clone)
            else {
                header.set_phase(Phase::Live);
                return Ok(());
            };
            added.attaching();
            added
        };
        let result = attach_module(handle.as_ptr(), &added.linked, arguments);
        let registered = added.attached(&state.live(), header, result.is_ok());
        match (result, registered) {
            (Ok(()), true) => {}
            // Withdrawn meanwhile: this instance does not have to have it.
            (Ok(()), false) => {
                detach_module(handle.as_ptr(), &added.linked);
                added.detached();
            }
            (Err(error), registered) => {
                added.detached();
                if registered {
                    return Err(error);
                }
            }
        }
    }
}

/// Undoes [`attach`] of an instance that stays in memory.
pub(crate) fn detach_all(handle: &Handle) {
    undo(handle, handle.header().class_state().modules.len());
}

/// Detaches what is attached: run-time modules, and this many modules of boot.
fn undo(handle: &Handle, attached: usize) {
    let mut failures = Vec::new();
    teardown::detach(handle.as_ptr(), attached, &mut failures);
    failure::report(failures);
    handle.header().set_phase(Phase::Gone);
}
