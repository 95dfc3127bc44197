//! The header of an instance: what the runtime itself knows of it.
//!
//! A thread may use a header while it has a counted handle, while the instance is current on it (whose owner then has a
//! handle), or under the lock of the class, for an instance that is in the tree. It is freed by the thread that took the
//! count of handles to 0, after it has taken the instance out of the tree.
//!
//! | field | written by | under | ordering | relied on by |
//! |---|---|---|---|---|
//! | `id`, `class`, `name` | the creator, before the tree has the instance | – | never changes; the lock of the class, or what hands over a handle, publishes it | all |
//! | `slot.handles` | each handle that is made and dropped | – | as std's `Arc`: more is `Relaxed`, because it is made from a handle; less is `Release`; 1 → 0 is `Acquire`, so that the teardown sees what other threads did in the instance | the memory stays while it is not 0; detach hooks run when it is 0, so that no thread is inside |
//! | | a weak look-up: one more, unless it is 0 or of another generation | – | `Acquire`; see [`Slot::hold`] | what is upgraded is not torn down |
//! | | teardown: 0 → 1, if another instance of its group was upgraded | – | `Release`; only this thread can change a count of 0 | all of a group are destroyed, or none |
//! | `slot.phase` | the creator: Creating → Live | the lock of the class: a module that is registered at this moment is attached by the creator, or sees a live instance | `SeqCst`, as all below: see [`Header::add_observer`] | run-time modules |
//! | | the creator, when a hook failed: Creating → Detaching → Gone | – | | a handle that a hook has kept enters nothing |
//! | | `shut_down`: Live → Quiescing | – | compare-and-exchange: one thread runs the quiesce hooks | that thread alone goes on to Quiesced, or back to Live |
//! | | `shut_down`: Quiescing → Quiesced, after the observers were notified | – | | `release_last`: what is quiesced has nothing lent to it |
//! | | an attempt to destroy that gives up: Quiesced → Live | – | compare-and-exchange | the next attempt runs the hooks again |
//! | | teardown, when the count is 0: Quiesced → Detaching | – | | a hook gets no handle to the instance that is current |
//! | `is_gone` | with the phase Gone | – | `Relaxed`: the handle that is entered was kept by a hook of that creation | `enter`, which does not look at the slot |
//! | `has_guarded` | before something is put into `guarded` for the first time | this mutex | `SeqCst`: see [`Header::add_observer`] | most instances are destroyed without taking the mutex |
//! | `guarded.parts` | registration and creation, which make the variables there | the lock of the class, then this mutex | | the teardown drops these variables |
//! | `guarded.attached` | the thread that has run an attach hook adds; the thread that removes an entry runs its detach hook | this mutex; to add, the lock of the class too | | each module is detached once |
//! | `guarded.observers` | added while the phase is Creating or Live, which is read under the mutex | this mutex | | each observer is notified once, before the last handle can be released |
//! | `holders` | each handle that is made and dropped (feature `invariants`) | its own mutex | | messages only |
//!
//! Locks are taken in this order: class, `guarded`, `holders`. No user code runs under any of them.

use std::mem::offset_of;
use std::sync::{Arc, Weak};

use super::added::AddedModule;
use super::count::Count;
use super::holders::Holders;
use super::observers::{Observer, ObserverTicket, Observers};
use super::phase::Phase;
use super::slot::Slot;
use crate::export::InstanceRecord;
use crate::layout::PlacedPart;
use crate::registry::ClassEntry;
use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, PoisonError};

/// The id of the base instance. Ids are handed out in order and never again.
pub(crate) const BASE: u64 = 0;

/// Starts each block; the parts follow at the offsets that boot has fixed.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) class: &'static ClassEntry,
    pub(crate) name: Option<Box<str>>,
    /// The handles are counted there, and the phase is there, so that the instance can be looked up without a lock.
    slot: &'static Slot,
    /// How far behind the start of its allocation it lies.
    pub(super) shift: u8,
    is_gone: AtomicBool,
    has_guarded: AtomicBool,
    guarded: Mutex<Guarded>,
    pub(crate) holders: Holders,
}

#[cfg(not(any(feature = "invariants", vimage_shuttle)))]
const _: () = assert!(size_of::<Header>() <= 128, "the budget of a header");

/// What changes after the creation, under the mutex of the header.
#[derive(Debug, Default)]
pub(crate) struct Guarded {
    /// The variables of run-time modules in this block.
    pub(crate) parts: Vec<PlacedPart>,
    /// The run-time modules that are attached, in that order.
    pub(crate) attached: Vec<Arc<AddedModule>>,
    /// Notified when the instance shuts down.
    pub(crate) observers: Option<Box<Observers>>,
}

impl Header {
    /// Where a reader outside of the process finds what it shows.
    pub(crate) const RECORD: InstanceRecord =
        InstanceRecord { id: offset_of!(Self, id) as u32, name: offset_of!(Self, name) as u32, ..Slot::RECORD };

    /// The header of an instance that will be in this slot.
    pub(crate) fn new(
        class: &'static ClassEntry,
        id: u64,
        name: Option<Box<str>>,
        slot: &'static Slot,
        shift: u8,
    ) -> Self {
        Self {
            id,
            class,
            name,
            slot,
            shift,
            is_gone: AtomicBool::new(false),
            has_guarded: AtomicBool::new(false),
            guarded: Mutex::new(Guarded::default()),
            holders: Holders::default(),
        }
    }

    #[inline]
    pub(crate) fn handles(&self) -> &'static Count {
        &self.slot.handles
    }

    #[inline]
    pub(super) fn slot(&self) -> &'static Slot {
        self.slot
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.slot.phase()
    }

    /// Whether its creation has failed, so that it must not be entered.
    #[inline]
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        if phase == Phase::Gone {
            self.is_gone.store(true, Ordering::Relaxed);
        }
        self.slot.set_phase(phase);
    }

    /// Changes the phase if it is `from`, and returns whether it was.
    pub(crate) fn change_phase(&self, from: Phase, to: Phase) -> bool {
        self.slot.change_phase(from, to)
    }

    /// The name of the instance in messages: `Net#3 "red"`.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{}#{} {name:?}", self.class.name, self.id),
            None => format!("{}#{}", self.class.name, self.id),
        }
    }

    /// The text of handles to it: `Net#3 "red", Live`.
    pub(crate) fn description(&self) -> String {
        format!("{}, {:?}", self.label(), self.phase().state())
    }

    pub(crate) fn is_base(&self) -> bool {
        self.id == BASE
    }

    /// Locks what is there, or may be put there by [`lock_to_add`](Self::lock_to_add) only. No user code runs under this
    /// lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks it to put something there.
    pub(crate) fn lock_to_add(&self) -> MutexGuard<'_, Guarded> {
        let guarded = self.lock();
        self.has_guarded.store(true, Ordering::SeqCst);
        guarded
    }

    /// Locks it, unless nothing was ever put there: then there is no need.
    pub(crate) fn lock_if_used(&self) -> Option<MutexGuard<'_, Guarded>> {
        if self.has_guarded.load(Ordering::SeqCst) { Some(self.lock()) } else { None }
    }

    /// Adds an observer, unless the instance is shutting down.
    ///
    /// The thread that shuts it down changes the phase and then looks whether there is anything to notify; here it is the
    /// other way round. In the single order of these four steps (`SeqCst`) either the former finds the mark, and then takes
    /// the mutex, or the latter finds the phase.
    pub(crate) fn add_observer(&self, observer: Weak<dyn Observer>) -> Option<ObserverTicket> {
        let mut guarded = self.lock_to_add();
        // Under the lock: what is added before the observers are notified is among them, and afterwards the phase
        // says no.
        if !matches!(self.phase(), Phase::Creating | Phase::Live) {
            return None;
        }
        Some(guarded.observers.get_or_insert_default().add(observer))
    }

    /// Takes an observer away; it may have been notified already.
    pub(crate) fn remove_observer(&self, ticket: ObserverTicket) {
        let observer = self.lock().observers.as_mut().and_then(|observers| observers.remove(ticket));
        // Not under the lock.
        drop(observer);
    }

    /// Returns `false` if there are no observers, and none can come: the phase says no.
    #[inline]
    pub(super) fn has_observers(&self) -> bool {
        self.has_guarded.load(Ordering::SeqCst)
    }

    /// Takes the next observer to notify.
    pub(super) fn take_observer(&self) -> Option<Weak<dyn Observer>> {
        self.lock().observers.as_mut()?.take_first()
    }

    /// Releases the last handle, if it is the last one and the modules have agreed to that, or never will because the
    /// creation has failed. Then nothing is lent to the instance.
    pub(crate) fn release_last(&self) -> bool {
        // In this order. While the caller's handle is the only one, no other thread changes the phase, and a thread that
        // makes a handle from here on finds a phase that it leaves alone.
        let agreed = self.handles().is_one() && !matches!(self.phase(), Phase::Live | Phase::Quiescing);
        agreed && self.handles().release_last()
    }
}
