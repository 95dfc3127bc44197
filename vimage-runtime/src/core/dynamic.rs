//! Modules that are registered and unregistered at run time.

use std::ptr::NonNull;
use std::sync::Arc;

use super::added::AddedModule;
use super::block::drop_parts;
use super::class_state::{ClassState, Live};
use super::handle::Handle;
use super::header::Header;
use super::hooks::{Refusal, attach_module, detach_module, quiesce_modules};
use super::phase::Phase;
use crate::error::{Chain, RegisterError};
use crate::failure;
use crate::layout::{LinkedModule, PlacedPart};
use crate::registry::{self, Arguments, Dependency, ModuleEntry};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

#[cfg(all(test, feature = "vimage", not(vimage_shuttle)))]
mod tests;

impl AddedModule {
    /// Counts an instance to which it is about to be attached, so that its variables keep their place. Under the lock of the
    /// class.
    pub(crate) fn attaching(&self) {
        self.users.fetch_add(1, Ordering::Relaxed);
    }

    /// Records that its attach hook has run in an instance, if that was a success. Returns `false`, and records nothing, if
    /// the module was withdrawn meanwhile. Under the lock of the class.
    pub(crate) fn attached(self: &Arc<Self>, _live: &Live, header: &Header, success: bool) -> bool {
        let registered = !self.is_withdrawn();
        if registered && success {
            header.lock_to_add().attached.push(Arc::clone(self));
        }
        registered
    }

    /// Undoes [`attaching`](Self::attaching), or ends the registration; the last one takes away the place of the variables.
    /// Not under the lock of the class, which it takes.
    pub(crate) fn detached(&self) {
        if self.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            let state = self.linked.entry.class.laid_out();
            // Both under one lock: an instance that does not make these variables cannot find them either.
            let mut live = state.live();
            for (part, _) in &self.parts {
                part.unpublish();
            }
            live.added.retain(|other| !std::ptr::eq(&**other, self));
            registry::changed();
        }
    }

    /// Whether an instance has it attached.
    pub(crate) fn is_in(&self, header: &Header) -> bool {
        header.lock().attached.iter().any(|added| std::ptr::eq(&**added, self))
    }
}

/// One registration per class at a time. A second one is refused instead of made to wait, because the first one may run a
/// hook that waits for it.
struct Registering(&'static ClassState);

impl Registering {
    fn start(state: &'static ClassState) -> Result<Self, RegisterError> {
        let before = std::mem::replace(&mut state.live().registering, true);
        if before { Err(RegisterError::Busy) } else { Ok(Self(state)) }
    }
}

impl Drop for Registering {
    fn drop(&mut self) {
        self.0.live().registering = false;
    }
}

/// [`register`] for a class that is laid out.
pub(crate) fn register_in(state: &'static ClassState, linked: LinkedModule) -> Result<(), RegisterError> {
    let _registering = Registering::start(state)?;
    if is_registered(state, linked.entry) {
        return Err(RegisterError::Registered { name: linked.entry.name.to_owned() });
    }
    let added = add(state, linked)?;
    let base = state.base_handle().header();
    let attached = attach_everywhere(state, &added);
    match &attached {
        Ok(()) => crate::events::event!("register", base, added.linked.entry),
        Err(error) => {
            withdraw(&state.live(), &added);
            detach_everywhere(state, &added);
            added.detached();
            let causes = Chain(error);
            crate::events::event!("register failed", base, added.linked.entry; error = causes);
        }
    }
    attached
}

/// Unregisters the run-time module that `wanted` selects; `None` if there is none.
///
/// # Safety
///
/// No code of the module runs, and none of its variables is borrowed or held, from now on until it is registered
/// again.
pub(crate) unsafe fn unregister_in(
    state: &'static ClassState,
    wanted: impl Fn(&ModuleEntry) -> bool,
) -> Option<Result<(), RegisterError>> {
    let wanted = |added: &&Arc<AddedModule>| !added.is_withdrawn() && wanted(added.linked.entry);
    if !state.live().added.iter().any(|added| wanted(&added)) {
        return None;
    }
    let registering = match Registering::start(state) {
        Ok(registering) => registering,
        Err(busy) => return Some(Err(busy)),
    };
    let added = state.live().added.iter().find(wanted).map(Arc::clone)?;
    // SAFETY: by contract.
    let unregistered = unsafe { unregister_found(state, &added) };
    drop(registering);
    Some(unregistered)
}

/// # Safety
///
/// As [`unregister_in`].
unsafe fn unregister_found(state: &'static ClassState, added: &Arc<AddedModule>) -> Result<(), RegisterError> {
    check_unused(state, &state.live(), added)?;
    // SAFETY: the handle to the base instance is kept for ever.
    if let Err(Refusal { module, source }) = unsafe { quiesce_modules(state.base_handle().as_ptr(), [&added.linked]) } {
        crate::events::event!("unregister refused", state.base_handle().header(), module; error = source);
        return Err(RegisterError::Refused { module: module.name, source });
    }
    {
        let live = state.live();
        // Again: an instance or a module may have come while the quiesce hook ran.
        check_unused(state, &live, added)?;
        withdraw(&live, added);
    }
    detach_everywhere(state, added);
    added.detached();
    let base = state.base_handle();
    let parts: Vec<PlacedPart> = {
        let mut own = base.header().lock();
        own.parts.extract_if(.., |part| added.parts.iter().any(|gone| std::ptr::eq(gone.0, part.0))).collect()
    };
    let mut failures = Vec::new();
    // SAFETY: they lie in the base instance, and by contract no code uses them any more.
    unsafe { drop_parts(base.as_ptr(), &parts, &mut failures) };
    failure::report(failures);
    // The room can be used again, unless an instance was made meanwhile, which still has the variables.
    let mut live = state.live();
    if live.tree.all().len() == 1 {
        live.reserve.give_back(added.room.clone());
    }
    drop(live);
    crate::events::event!("unregister", base.header(), added.linked.entry);
    Ok(())
}

/// The reason why a module cannot be unregistered. Under the lock of the class.
fn check_unused(state: &ClassState, live: &Live, added: &AddedModule) -> Result<(), RegisterError> {
    let by = |by| Err(RegisterError::InUse { module: added.linked.entry.name.to_owned(), by });
    let base = state.base_handle().header();
    if let Some(id) = live.tree.all().into_iter().find(|id| *id != base.id) {
        return by(format!("instance {}#{id}", base.class.name));
    }
    match live.added.iter().find(|user| depends_on(user.linked.entry, added.linked.entry)) {
        Some(user) => by(format!("module {}", user.linked.entry)),
        None => Ok(()),
    }
}

fn depends_on(user: &ModuleEntry, entry: &'static ModuleEntry) -> bool {
    user.dependencies.iter().any(|dependency| match *dependency {
        Dependency::Name(name) => name == entry.name,
        Dependency::Path(path) => std::ptr::eq(path(), entry),
        Dependency::After(_) => false,
    })
}

pub(crate) fn is_registered(state: &ClassState, entry: &'static ModuleEntry) -> bool {
    has(state, &state.live(), |module| std::ptr::eq(module, entry))
}

fn has(state: &ClassState, live: &Live, wanted: impl FnMut(&'static ModuleEntry) -> bool) -> bool {
    let added = live.added.iter().filter(|added| !added.is_withdrawn()).map(|added| added.linked.entry);
    state.modules.iter().map(|module| module.entry).chain(added).any(wanted)
}

/// Gives the module its place, and makes its variables in every instance in the tree, and in each one that is made from now
/// on.
fn add(state: &'static ClassState, linked: LinkedModule) -> Result<Arc<AddedModule>, RegisterError> {
    let entry = linked.entry;
    let mut live = state.live();
    // It was withdrawn, and an instance that is being made has not detached it yet.
    if live.added.iter().any(|added| std::ptr::eq(added.linked.entry, entry)) {
        return Err(RegisterError::Busy);
    }
    for dependency in entry.dependencies {
        let (there, name) = match *dependency {
            Dependency::Name(name) => (has(state, &live, |module| module.name == name), name),
            Dependency::Path(path) => (has(state, &live, |module| std::ptr::eq(module, path())), path().name),
            Dependency::After(_) => continue,
        };
        if !there {
            return Err(RegisterError::MissingDependency { module: entry.to_string(), dependency: name.to_owned() });
        }
    }
    let align = state.layout.align();
    if let Some(part) = linked.parts.iter().find(|part| part.layout().align() > align) {
        return Err(RegisterError::Alignment { module: entry.to_string(), align: part.layout().align(), most: align });
    }
    let (parts, room) = live.reserve.take(&linked.parts).map_err(|needed| RegisterError::Reserve {
        module: entry.to_string(),
        needed,
        left: live.reserve.left(),
    })?;
    let added =
        Arc::new(AddedModule { linked, parts, room, withdrawn: AtomicBool::new(false), users: AtomicUsize::new(1) });
    for header in live.tree.blocks() {
        // SAFETY: an instance in the tree is allocated, and the module is new.
        unsafe { added.initialize(header) };
    }
    for (part, offset) in &added.parts {
        // SAFETY: the part was initialized just now in every instance in the tree; one that is made later does it under
        // this lock when it enters the tree.
        unsafe { part.publish(*offset) };
    }
    live.added.push(Arc::clone(&added));
    registry::changed();
    Ok(added)
}

impl AddedModule {
    /// Makes its variables in an instance; under the lock of the class.
    ///
    /// # Safety
    ///
    /// It is the header of a block of the class that is allocated, and in which this has not been done.
    pub(crate) unsafe fn initialize(&self, header: NonNull<Header>) {
        for &(part, offset) in &self.parts {
            // SAFETY: this range of the block's reserve belongs to this module alone.
            unsafe { part.initialize(header.cast::<u8>().add(offset).as_ptr()) };
        }
        // SAFETY: by contract.
        unsafe { header.as_ref() }.lock_to_add().parts.extend_from_slice(&self.parts);
    }
}

/// From now on no instance attaches it. Under the lock of the class.
fn withdraw(_live: &Live, added: &AddedModule) {
    added.withdrawn.store(true, Ordering::Relaxed);
}

fn attach_everywhere(state: &'static ClassState, added: &Arc<AddedModule>) -> Result<(), RegisterError> {
    // Those that are being made see the module when their own hooks have run; those whose creation has failed have
    // no modules.
    let ids = state
        .live()
        .tree
        .all_where(|header| matches!(header.phase(), Phase::Live | Phase::Quiescing | Phase::Quiesced));
    let arguments = Arguments::default();
    for id in ids {
        let Some(handle) = state.live().tree.find_any(id) else { continue };
        if added.is_in(handle.header()) {
            continue;
        }
        added.attaching();
        if let Err(error) = attach_module(handle.as_ptr(), &added.linked, &arguments) {
            added.detached();
            return Err(RegisterError::Attach(error));
        }
        added.attached(&state.live(), handle.header(), true);
    }
    Ok(())
}

fn detach_everywhere(state: &'static ClassState, added: &Arc<AddedModule>) {
    let ids = state.live().tree.all();
    for id in ids.into_iter().rev() {
        let Some(handle) = state.live().tree.find_any(id) else { continue };
        if take(&handle, added) {
            detach_module(handle.as_ptr(), &added.linked);
            added.detached();
        }
    }
}

/// Takes the record out of an instance; the caller that gets it runs the detach hook.
fn take(handle: &Handle, added: &Arc<AddedModule>) -> bool {
    let mut own = handle.header().lock();
    let index = own.attached.iter().position(|other| Arc::ptr_eq(other, added));
    index.map(|index| own.attached.remove(index)).is_some()
}
