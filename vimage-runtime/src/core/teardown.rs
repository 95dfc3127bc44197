//! The end of instances: quiesce, detach, drop.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use super::context::inside;
use super::count::{Count, Waiters};
use super::handle::Handle;
use super::header::Header;
use super::hooks::{Refusal, detach_modules, quiesce_modules};
use super::phase::Phase;
use crate::error::{TeardownFailure, message};
use crate::failure;

/// Marks a live instance as shutting down and runs its quiesce hooks, in reverse order of attach. Returns whether this
/// call did it; if not, another one did, or is at it. If a hook refuses, the instance is live again.
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
    let state = head.class_state();
    let added = head.lock_if_used().map_or_else(Vec::new, |own| own.attached.clone());
    let of_boot = state.quiescing.iter().map(|&module| &state.modules[module]);
    let agreed = if added.is_empty() && state.quiescing.is_empty() {
        Ok(())
    } else {
        // SAFETY: by contract.
        unsafe { quiesce_modules(header, added.iter().rev().map(|added| &added.linked).chain(of_boot)) }
    };
    match agreed {
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
    if head.has_observers() {
        notify_each(header, head)
    }
}

#[cold]
fn notify_each(header: NonNull<Header>, head: &Header) {
    while let Some(observer) = head.take_observer() {
        let Some(observer) = observer.upgrade() else { continue };
        let notified = inside(header, || {
            let notified = catch_unwind(AssertUnwindSafe(|| observer.shut_down(head.id)));
            // It may be the last reference, whose values are dropped in the instance too.
            notified.and_then(|()| catch_unwind(AssertUnwindSafe(|| drop(observer))))
        });
        if let Err(panic) = notified {
            failure::report(vec![TeardownFailure::in_observer(head.label(), message(panic))]);
        }
    }
}

/// Why instances were not destroyed; they are what they were before.
#[derive(Debug)]
pub(crate) enum Stays {
    /// There are other handles to one of them, or to the vimage that they were made for.
    Busy,
    Refused(Refusal),
}

/// A vimage whose instances are to be destroyed, with the count of its clones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) clones: &'a Count,
    pub(crate) waiters: &'a Waiters,
}

/// [`destroy`] of one instance, for which it is compiled.
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn destroy_one(handle: &Handle, deadline: Option<Instant>) -> Result<Vec<TeardownFailure>, Stays> {
    // SAFETY: by contract.
    unsafe { destroy(&[handle], None, deadline) }
}

/// Destroys instances together, the last one first, or none of them: it runs their quiesce hooks, and goes on when these
/// are the last handles, or become that until the deadline. Returns what went wrong on the way.
///
/// # Safety
///
/// The caller forgets the handles if this is `Ok`.
#[inline]
pub(crate) unsafe fn destroy(
    handles: &[&Handle],
    owner: Option<Owner<'_>>,
    deadline: Option<Instant>,
) -> Result<Vec<TeardownFailure>, Stays> {
    let mut attempt = Attempt::new(handles, owner);
    attempt.quiesce().map_err(Stays::Refused)?;
    loop {
        // SAFETY: by contract.
        match unsafe { attempt.finish() } {
            Err(Stays::Busy) if deadline.is_some_and(|deadline| attempt.wait(deadline)) => {}
            destroyed => return destroyed,
        }
    }
}

/// The point in time so far from now. Too far to be one is as good as for ever.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(u32::MAX.into()))
}

/// An attempt to destroy instances, together or not at all. What it has quiesced is live again when it is dropped.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    handles: &'a [&'a Handle],
    owner: Option<Owner<'a>>,
    /// What was live, and is quiesced. Most often there is one: no allocation.
    quiesced: Option<&'a Handle>,
    others_quiesced: Vec<&'a Handle>,
}

impl<'a> Attempt<'a> {
    #[inline]
    pub(crate) fn new(handles: &'a [&'a Handle], owner: Option<Owner<'a>>) -> Self {
        Self { handles, owner, quiesced: None, others_quiesced: Vec::new() }
    }

    /// Shuts down the instances that are live, the last one first, up to one a module of which refuses.
    #[inline]
    pub(crate) fn quiesce(&mut self) -> Result<(), Refusal> {
        for &handle in self.handles.iter().rev() {
            // SAFETY: `handle` is one.
            if unsafe { shut_down(handle.as_ptr()) }? {
                match self.quiesced {
                    None => self.quiesced = Some(handle),
                    Some(_) => self.others_quiesced.push(handle),
                }
            }
        }
        Ok(())
    }

    /// What was quiesced stays like that.
    pub(crate) fn keep(&mut self) {
        self.quiesced = None;
        self.others_quiesced.clear();
    }

    /// Destroys the instances, if these are their last handles.
    ///
    /// # Safety
    ///
    /// The caller forgets the handles if this is `Ok`.
    #[inline]
    pub(crate) unsafe fn finish(&mut self) -> Result<Vec<TeardownFailure>, Stays> {
        loop {
            if self.owner.is_some_and(|owner| !owner.clones.is_one()) {
                return Err(Stays::Busy);
            }
            let mut is_any_live = false;
            for handle in self.handles {
                let header = handle.header();
                if !header.handles().is_one() || handle.is_entered() {
                    return Err(Stays::Busy);
                }
                // In this order: no other thread runs the hooks of what only the caller holds.
                is_any_live |= header.phase() == Phase::Live;
            }
            if !is_any_live {
                break;
            }
            // Another thread ran the quiesce hooks; one refused, or it timed out: try again.
            self.quiesce().map_err(Stays::Refused)?;
        }
        let mut released = self.handles.iter().rev();
        while let Some(handle) = released.next() {
            if !handle.header().release_last() {
                // A weak handle was upgraded just now. None of the others can have been meanwhile.
                let before = self.handles.len() - released.len() - 1;
                self.handles.iter().rev().take(before).for_each(|handle| handle.header().handles().regain_last());
                return Err(Stays::Busy);
            }
        }
        self.keep();
        let mut failures = Vec::new();
        for handle in self.handles.iter().rev() {
            // SAFETY: these were the last handles, which the caller forgets.
            unsafe { end(handle.as_ptr(), &mut failures) };
        }
        Ok(failures)
    }

    /// Waits until all other handles are released; `false` if they are not at the deadline. Returns at once where that
    /// cannot be, because this thread runs in one of the instances.
    fn wait(&self, deadline: Instant) -> bool {
        !self.handles.iter().any(|handle| handle.is_entered())
            && self.owner.is_none_or(|owner| owner.waiters.wait(owner.clones, deadline))
            && self.handles.iter().all(|handle| {
                let header = handle.header();
                header.class_state().waiters.wait(header.handles(), deadline)
            })
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        for handle in self.quiesced.iter().chain(&self.others_quiesced) {
            handle.header().change_phase(Phase::Quiesced, Phase::Live);
        }
    }
}

crate::sync::thread_local! {
    /// What this thread is at.
    static ENDING: Cell<Ending> = const { Cell::new(Ending { dropping: false, queued: false }) };
    /// Instances whose last handles were among the variables that this thread is dropping.
    static NEXT: RefCell<Vec<NonNull<Header>>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Copy)]
struct Ending {
    /// It is dropping the variables of an instance.
    dropping: bool,
    /// There are instances in [`NEXT`], which this thread ends next.
    queued: bool,
}

fn ending() -> Ending {
    ENDING.with(Cell::get)
}

/// Releases a handle that seems to be the last and destroys the instance. Returns `false` if it was not: a quiesce hook or
/// another thread has made another handle, or the quiesce hooks have to run again.
///
/// # Safety
///
/// The caller has a handle, and forgets it if this is true.
pub(crate) unsafe fn drop_last(header: NonNull<Header>) -> bool {
    // SAFETY: the caller's handle keeps it.
    let head = unsafe { header.as_ref() };
    // SAFETY: as above.
    let shut = unsafe { shut_down(header) };
    // Dropped is dropped: the instance is destroyed although a module refuses, so its observers are notified all the same.
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
    // Instances that hold each other in a chain are destroyed one after the other, not one inside the other: that would
    // take a stack as deep as the chain is long.
    if ending().dropping && NEXT.try_with(|next| next.borrow_mut().push(header)).is_ok() {
        ENDING.with(|ending| ending.set(Ending { dropping: true, queued: true }));
        return true;
    }
    let mut failures = Vec::new();
    // SAFETY: the last handle was just released.
    unsafe { end(header, &mut failures) };
    failure::report(failures);
    true
}

/// Detaches what is attached, drops the variables and frees the block; then the same for the instances whose last
/// handles were among them. Adds what went wrong to `failures`.
///
/// # Safety
///
/// The caller has just released the last handle.
unsafe fn end(header: NonNull<Header>, failures: &mut Vec<TeardownFailure>) {
    // SAFETY: by contract.
    unsafe { end_one(header, failures) };
    if !matches!(ending(), Ending { dropping: false, queued: true }) {
        return;
    }
    while let Ok(Some(header)) = NEXT.try_with(|next| next.borrow_mut().pop()) {
        // SAFETY: `drop_last` has released its last handle, and left the rest to this loop.
        unsafe { end_one(header, failures) };
    }
    ENDING.with(|ending| ending.set(Ending { dropping: false, queued: false }));
}

unsafe fn end_one(header: NonNull<Header>, failures: &mut Vec<TeardownFailure>) {
    // SAFETY: the block is freed below only.
    let head = unsafe { header.as_ref() };
    let state = head.class_state();
    // A failed creation has detached all that was attached.
    if head.phase() != Phase::Gone {
        detach(header, state.modules.len(), failures);
    }
    crate::events::event!("destroy", head);
    state.live().tree.remove(head.slot());
    let before = ending();
    ENDING.with(|ending| ending.set(Ending { dropping: true, ..before }));
    // SAFETY: no handle exists, and none can be made, because the count is 0 and the tree does not have the instance any
    // more; no thread is inside, because `enter` borrows a handle.
    unsafe { state.blueprint.drop_all(header, failures) };
    ENDING.with(|ending| ending.set(Ending { dropping: before.dropping, ..ending.get() }));
    // SAFETY: as above, and `head` is not used any more.
    unsafe { state.blueprint.free(header) };
}

/// Runs the detach hooks of run-time modules and of the first `boot_modules` others, in reverse order of attach, all of
/// them whatever happens. Adds what went wrong to `failures`.
///
/// The caller keeps the block, and no other thread attaches or detaches boot modules.
pub(crate) fn detach(header: NonNull<Header>, boot_modules: usize, failures: &mut Vec<TeardownFailure>) {
    // SAFETY: by contract.
    let head = unsafe { header.as_ref() };
    head.set_phase(Phase::Detaching);
    // Those that attach hooks have added to an instance whose creation fails: otherwise `shut_down` has notified them.
    notify_observers(header);
    // The thread that takes it out detaches it: a registration that fails may do the same at this moment.
    while let Some(added) = head.lock_if_used().and_then(|mut own| own.attached.pop()) {
        detach_modules(header, [&added.linked], failures);
        added.detached();
    }
    if boot_modules > 0 {
        detach_modules(header, head.class_state().modules[..boot_modules].iter().rev(), failures);
    }
}
