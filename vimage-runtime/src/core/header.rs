//! The head of an instance's block: what the runtime itself knows of an instance.

use std::sync::{Arc, Weak};

use super::added::AddedModule;
use super::count::Count;
use super::holders::Holders;
use super::observers::{Observer, ObserverTicket, Observers};
use super::phase::Phase;
use crate::layout::PlacedPart;
use crate::registry::ClassEntry;
use crate::sync::{AtomicU8, Mutex, MutexGuard, Ordering, PoisonError};

/// The id of the base instance. Ids are handed out in order and never again.
pub(crate) const BASE: u64 = 0;

/// Starts each block; the parts follow at the offsets that boot has fixed.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) class: &'static ClassEntry,
    pub(crate) name: Option<Box<str>>,
    pub(crate) handles: Count,
    phase: AtomicU8,
    guarded: Mutex<Guarded>,
    pub(crate) holders: Holders,
}

#[cfg(not(any(feature = "invariants", vimage_shuttle)))]
const _: () = assert!(size_of::<Header>() <= 128, "the budget of a header");

/// What this instance has of modules that came after boot.
#[derive(Debug, Default)]
pub(crate) struct Guarded {
    /// Their variables that lie in this block.
    pub(crate) parts: Vec<PlacedPart>,
    /// Those that are attached, in that order.
    pub(crate) attached: Vec<Arc<AddedModule>>,
    /// What is to be told when it shuts down.
    pub(crate) observers: Option<Box<Observers>>,
}

impl Header {
    /// With one handle, which the caller makes.
    pub(crate) fn new(class: &'static ClassEntry, id: u64, name: Option<Box<str>>) -> Self {
        Self {
            id,
            class,
            name,
            handles: Count::one(),
            phase: AtomicU8::new(Phase::Creating as u8),
            guarded: Mutex::new(Guarded::default()),
            holders: Holders::default(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.load(Ordering::Acquire).into()
    }

    /// Whether it must not be entered any more.
    #[inline]
    pub(crate) fn is_gone(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::Gone as u8
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Changes the phase, if it is `from`; says whether it was.
    pub(crate) fn change_phase(&self, from: Phase, to: Phase) -> bool {
        self.phase.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// How it is called in messages: `Net#3 "red"`.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{}#{} {name:?}", self.class.name, self.id),
            None => format!("{}#{}", self.class.name, self.id),
        }
    }

    /// How handles to it show: `Net#3 "red", Live`.
    pub(crate) fn description(&self) -> String {
        format!("{}, {:?}", self.label(), self.phase().state())
    }

    pub(crate) fn is_base(&self) -> bool {
        self.id == BASE
    }

    /// No user code runs under this lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an observer, unless the instance is shutting down.
    pub(crate) fn add_observer(&self, observer: Weak<dyn Observer>) -> Option<ObserverTicket> {
        let mut added = self.lock();
        // Under the lock: what is added before the observers are notified is among them, and afterwards the phase
        // says no.
        if !matches!(self.phase(), Phase::Creating | Phase::Live) {
            return None;
        }
        Some(added.observers.get_or_insert_default().add(observer))
    }

    /// Takes an observer away; it may have been notified already.
    pub(crate) fn remove_observer(&self, ticket: ObserverTicket) {
        let observer = self.lock().observers.as_mut().and_then(|observers| observers.remove(ticket));
        // Not under the lock.
        drop(observer);
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
        let agreed = self.handles.is_one() && !matches!(self.phase(), Phase::Live | Phase::Quiescing);
        agreed && self.handles.release_last()
    }
}
