//! The head of an instance's block: what the runtime itself knows of an instance.

use std::sync::{Arc, Weak};

use super::added::AddedModule;
use super::holders::Holders;
use super::observers::{Observer, ObserverTicket, Observers};
use super::phase::Phase;
use crate::layout::PlacedPart;
use crate::registry::ClassEntry;
use crate::sync::{AtomicU8, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};

/// The id of the base instance. Ids are handed out in order and never again.
pub(crate) const BASE: u64 = 0;

/// Starts each block; the parts follow at the offsets that boot has fixed.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) class: &'static ClassEntry,
    pub(crate) name: Option<Box<str>>,
    /// The number of handles, and [`AWAITED`].
    handles: AtomicUsize,
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

/// Somebody waits for the other handles to go.
const AWAITED: usize = 1 << (usize::BITS - 1);

/// As in std's `Arc`: forgotten handles must not let the count overflow.
const MOST: usize = isize::MAX as usize / 2;

/// What became of a handle that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// There are others.
    Other {
        /// Somebody waits for them to go.
        awaited: bool,
    },
    /// It was not: there is no other.
    NotLast,
}

impl Header {
    /// With one handle, which the caller makes.
    pub(crate) fn new(class: &'static ClassEntry, id: u64, name: Option<Box<str>>) -> Self {
        Self {
            id,
            class,
            name,
            handles: AtomicUsize::new(1),
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

    /// One more handle, made from one that exists.
    pub(crate) fn hold(&self) {
        if self.handles.fetch_add(1, Ordering::Relaxed) & !AWAITED > MOST {
            std::process::abort();
        }
    }

    /// One more handle where it is not known that there is one.
    pub(crate) fn try_hold(&self) -> bool {
        let more = |handles| (handles & !AWAITED != 0).then_some(handles + 1);
        let held = self.handles.fetch_update(Ordering::Acquire, Ordering::Relaxed, more);
        if held.is_ok_and(|before| before & !AWAITED > MOST) {
            std::process::abort();
        }
        held.is_ok()
    }

    /// One handle less, unless it is the last.
    pub(crate) fn release_other(&self) -> Released {
        let less = |handles| (handles & !AWAITED > 1).then(|| handles - 1);
        match self.handles.fetch_update(Ordering::Release, Ordering::Relaxed, less) {
            // Nothing of `self` may be used any more: whoever waits may free it now.
            Ok(before) => Released::Other { awaited: before & AWAITED != 0 },
            Err(_) => Released::NotLast,
        }
    }

    /// Gives up the last handle, if it is the last one and the modules have agreed to that, or never will because the
    /// creation has failed. Then nothing is lent to it.
    pub(crate) fn release_last(&self) -> bool {
        // In this order. While the caller's handle is the only one, nobody else is at work at the phase, and whoever
        // makes a handle from here on finds a phase that he lets be.
        let agreed = self.is_only() && !matches!(self.phase(), Phase::Live | Phase::Quiescing);
        let none = |handles| (handles & !AWAITED == 1).then_some(0);
        agreed && self.handles.fetch_update(Ordering::Acquire, Ordering::Relaxed, none).is_ok()
    }

    /// How many handles there are, at this moment.
    pub(crate) fn handles(&self) -> usize {
        self.handles.load(Ordering::Acquire) & !AWAITED
    }

    /// Whether the caller's handle is the only one, at this moment.
    pub(crate) fn is_only(&self) -> bool {
        self.handles() == 1
    }

    /// Whether the caller's handle is the only one; if not, its last release but one is told to the waiters of the class.
    pub(crate) fn await_others(&self) -> bool {
        self.handles.fetch_or(AWAITED, Ordering::AcqRel) & !AWAITED == 1
    }
}
