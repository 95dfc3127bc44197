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
    // SAFETY: by contract.
    match unsafe { quiesce_modules(header, added.iter().rev().map(|added| &added.linked).chain(of_boot)) } {
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

/// Destroys instances together, the last one first, or none of them: it runs their quiesce hooks, and goes on when these
/// are the last handles, or become that until the deadline. Returns what went wrong on the way.
///
/// # Safety
///
/// The caller forgets the handles if this is `Ok`.
pub(crate) unsafe fn destroy(
    handles: &[&Handle],
    owner: Option<Owner<'_>>,
    deadline: Option<Instant>,
) -> Result<Vec<TeardownFailure>, Stays> {
    let mut attempt = Attempt::begin(handles, owner).map_err(Stays::Refused)?;
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

/// Instances whose modules have agreed that they are destroyed, together or not at all.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    handles: &'a [&'a Handle],
    owner: Option<Owner<'a>>,
    quiesced: Quiesced<'a>,
}

impl<'a> Attempt<'a> {
    pub(crate) fn begin(handles: &'a [&'a Handle], owner: Option<Owner<'a>>) -> Result<Self, Refusal> {
        Ok(Self { handles, owner, quiesced: quiesce(handles)? })
    }

    /// Destroys the instances, if these are their last handles.
    ///
    /// # Safety
    ///
    /// The caller forgets the handles if this is `Ok`.
    pub(crate) unsafe fn finish(&mut self) -> Result<Vec<TeardownFailure>, Stays> {
        loop {
            let is_shared = self.owner.is_some_and(|owner| !owner.clones.is_one());
            if is_shared || self.handles.iter().any(|handle| !handle.header().handles().is_one() || handle.is_entered())
            {
                return Err(Stays::Busy);
            }
            // In this order: no other thread runs the hooks of what only the caller holds.
            if !self.handles.iter().any(|handle| handle.header().phase() == Phase::Live) {
                break;
            }
            // Another thread ran the quiesce hooks; one refused, or it timed out: try again.
            self.quiesced.append(quiesce(self.handles).map_err(Stays::Refused)?);
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
        self.quiesced.keep();
        let mut failures = Vec::new();
        for handle in self.handles.iter().rev() {
            // SAFETY: these were the last handles, which the caller forgets.
            failures.append(&mut unsafe { end(handle.as_ptr()) });
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

/// Instances that were live and are quiesced; live again when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Quiesced<'a> {
    /// Most often there is one: no allocation.
    first: Option<&'a Handle>,
    others: Vec<&'a Handle>,
}

impl<'a> Quiesced<'a> {
    fn push(&mut self, handle: &'a Handle) {
        match self.first {
            None => self.first = Some(handle),
            Some(_) => self.others.push(handle),
        }
    }

    fn append(&mut self, mut more: Self) {
        more.first.take().into_iter().chain(more.others.drain(..)).for_each(|handle| self.push(handle));
    }

    /// They stay quiesced.
    pub(crate) fn keep(&mut self) {
        self.first = None;
        self.others.clear();
    }
}

impl Drop for Quiesced<'_> {
    fn drop(&mut self) {
        for handle in self.first.iter().chain(&self.others) {
            handle.header().change_phase(Phase::Quiesced, Phase::Live);
        }
    }
}

/// Shuts down the instances that are live, the last one first, and returns those; none, if a module of one refuses.
pub(crate) fn quiesce<'a>(handles: &[&'a Handle]) -> Result<Quiesced<'a>, Refusal> {
    let mut quiesced = Quiesced::default();
    for &handle in handles.iter().rev() {
        // SAFETY: `handle` is one.
        if unsafe { shut_down(handle.as_ptr()) }? {
            quiesced.push(handle);
        }
    }
    Ok(quiesced)
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
    // SAFETY: the last handle was just released.
    failure::report(unsafe { end(header) });
    true
}

/// Detaches what is attached, drops the variables and frees the block; then the same for the instances whose last
/// handles were among them. Returns what went wrong.
///
/// # Safety
///
/// The caller has just released the last handle.
pub(crate) unsafe fn end(header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: by contract.
    let mut failures = unsafe { end_one(header) };
    if !matches!(ending(), Ending { dropping: false, queued: true }) {
        return failures;
    }
    while let Ok(Some(header)) = NEXT.try_with(|next| next.borrow_mut().pop()) {
        // SAFETY: `drop_last` has released its last handle, and left the rest to this loop.
        failures.extend(unsafe { end_one(header) });
    }
    ENDING.with(|ending| ending.set(Ending { dropping: false, queued: false }));
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
    state.live().tree.remove(head.slot());
    let before = ending();
    ENDING.with(|ending| ending.set(Ending { dropping: true, ..before }));
    // SAFETY: no handle exists, and none can be made, because the count is 0 and the tree does not have the instance any
    // more; no thread is inside, because `enter` borrows a handle.
    failures.append(&mut unsafe { state.blueprint.drop_all(header) });
    ENDING.with(|ending| ending.set(Ending { dropping: before.dropping, ..ending.get() }));
    // SAFETY: as above, and `head` is not used any more.
    unsafe { state.blueprint.free(header) };
    failures
}

/// Runs the detach hooks of run-time modules and of the first `boot_modules` others, in reverse order of attach, all of
/// them whatever happens.
///
/// The caller keeps the block, and no other thread attaches or detaches boot modules.
pub(crate) fn detach(header: NonNull<Header>, boot_modules: usize) -> Vec<TeardownFailure> {
    // SAFETY: by contract.
    let head = unsafe { header.as_ref() };
    head.set_phase(Phase::Detaching);
    // Those that attach hooks have added to an instance whose creation fails: otherwise `shut_down` has notified them.
    notify_observers(header);
    let mut failures = Vec::new();
    loop {
        // The thread that takes it out detaches it: a registration that fails may do the same at this moment.
        let Some(added) = head.lock_if_used().and_then(|mut own| own.attached.pop()) else { break };
        failures.append(&mut detach_modules(header, [&added.linked]));
        added.detached();
    }
    failures.append(&mut detach_modules(header, head.class_state().modules[..boot_modules].iter().rev()));
    failures
}
