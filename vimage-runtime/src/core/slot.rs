//! Slots: the part of an instance that is found by its id and outlives it.
//!
//! A slot holds the count of handles and the phase of one instance, and later those of another one. Its memory is never
//! freed, so a thread may look at a slot at any time, under no lock and without a handle: that is how weak handles find their
//! instance. Whether what it found is still the instance that it looked for is decided by one compare-and-exchange of the
//! count, which has a generation for that purpose.
//!
//! | field | written by | under | ordering |
//! |---|---|---|---|
//! | `handles` | as the table of the [header](super::header) says; the generation: `end` | the lock of the class | `Release`: what reads an id behind it, and finds that of a later instance, sees that the generation has changed |
//! | `id` | `begin`, `end` | the lock of the class | `Release`, for the reason above |
//! | `header` | `begin` | the lock of the class | `Relaxed`; the count publishes it |
//! | `phase` | as the table of the header says | – | `SeqCst`, see [`Header::add_observer`] |
//! | `in_bucket` | the index | the lock of the class | `Release`: publishes the slot |
//! | `links` | the tree | the lock of the class | `Relaxed`; read under that lock only |

use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, Release},
    fence,
};

use super::count::Count;
use super::header::Header;
use super::phase::Phase;
use crate::export::InstanceRecord;
use crate::sync::{AtomicPtr, AtomicU8, AtomicU64, Ordering};

/// The id of a slot without an instance. No instance has it: ids are handed out one by one.
const FREE: u64 = u64::MAX;

/// A cache line, so that threads in different instances do not share one.
#[repr(align(64))]
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) handles: Count,
    id: AtomicU64,
    header: AtomicPtr<Header>,
    pub(super) in_bucket: SlotCell,
    pub(super) links: Links,
    /// Its position among the slots of the class.
    pub(super) number: u32,
    phase: AtomicU8,
}

#[cfg(not(vimage_shuttle))]
const _: () = assert!(size_of::<Slot>() == 64, "one cache line");

/// The place of an instance in the tree of its class, by the numbers of slots.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) parent: Link,
    pub(super) first_child: Link,
    pub(super) previous: Link,
    pub(super) next: Link,
    /// In the order of ids, of all instances that are there.
    pub(super) earlier: Link,
    pub(super) later: Link,
}

/// The number of a slot, or none. Not an atomic of the model checker, because it is not shared: the class is locked.
#[derive(Debug)]
pub(super) struct Link(AtomicU32);

impl Link {
    const NONE: u32 = u32::MAX;

    fn none() -> Self {
        Self(AtomicU32::new(Self::NONE))
    }

    pub(super) fn get(&self) -> Option<u32> {
        Some(self.0.load(Relaxed)).filter(|number| *number != Self::NONE)
    }

    pub(super) fn set(&self, number: Option<u32>) {
        self.0.store(number.unwrap_or(Self::NONE), Relaxed);
    }

    pub(super) fn replace(&self, number: Option<u32>) -> Option<u32> {
        let before = self.get();
        self.set(number);
        before
    }
}

/// The outcome of [`Slot::hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The slot is not of this id.
    Another,
    /// It is, but there are no handles any more, or the phase is a later one.
    NotAnyMore,
    /// A handle was counted, which the caller makes.
    Counted(NonNull<Header>),
}

/// A reference to a slot, or none.
#[derive(Debug, Default)]
pub(super) struct SlotCell(AtomicPtr<Slot>);

impl SlotCell {
    #[inline]
    pub(super) fn get(&self) -> Option<&'static Slot> {
        // SAFETY: only `set` writes it, and a slot that is referred to like that exists for ever.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    pub(super) fn set(&self, slot: Option<&'static Slot>) {
        let pointer = slot.map_or(std::ptr::null_mut(), |slot| std::ptr::from_ref(slot).cast_mut());
        self.0.store(pointer, Ordering::Release);
    }
}

impl Slot {
    /// Where a reader outside of the process finds what it shows.
    pub(super) const RECORD: InstanceRecord = InstanceRecord {
        slot: size_of::<Self>() as u32,
        slot_id: offset_of!(Self, id) as u32,
        block: offset_of!(Self, header) as u32,
        parent: offset_of!(Self, links.parent) as u32,
        handles: offset_of!(Self, handles) as u32,
        phase: offset_of!(Self, phase) as u32,
        id: 0,
        name: 0,
        handles_mask: Count::NUMBER,
        states: Phase::STATES,
    };

    pub(super) fn new(number: u32) -> Self {
        Self {
            handles: Count::none(),
            number,
            id: AtomicU64::new(FREE),
            header: AtomicPtr::default(),
            in_bucket: SlotCell::default(),
            links: Links {
                parent: Link::none(),
                first_child: Link::none(),
                previous: Link::none(),
                next: Link::none(),
                earlier: Link::none(),
                later: Link::none(),
            },
            phase: AtomicU8::new(Phase::Creating as u8),
        }
    }

    /// The id of its instance, or of the last one.
    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.id.load(Ordering::Acquire)
    }

    /// Whether it is in the tree.
    pub(super) fn is_used(&self) -> bool {
        self.id() != FREE
    }

    /// Takes in an instance, with one handle, which the caller makes. Under the lock of the class.
    pub(super) fn begin(&self, id: u64, header: NonNull<Header>) {
        self.phase.store(Phase::Creating as u8, Ordering::Relaxed);
        self.header.store(header.as_ptr(), Ordering::Relaxed);
        self.id.store(id, Ordering::Release);
        self.handles.begin();
    }

    /// The instance is destroyed. Returns whether another one may use the slot. Under the lock of the class.
    pub(super) fn end(&self) -> bool {
        let again = self.handles.next_generation();
        self.id.store(FREE, Ordering::Release);
        again
    }

    /// Takes the header away, because it is about to be freed. Under the lock of the class.
    pub(super) fn forget_header(&self) {
        self.header.store(std::ptr::null_mut(), Ordering::Relaxed);
        // For readers outside of the process: before anything of the instance is dropped or freed.
        fence(Release);
    }

    /// The header, under the lock of the class: then it is not freed meanwhile.
    pub(super) fn header(&self) -> Option<NonNull<Header>> {
        NonNull::new(self.header.load(Ordering::Relaxed))
    }

    /// Counts a handle to the instance with this id, if there is one still, and it is in this phase at most. Needs no lock.
    #[inline]
    pub(super) fn hold(&self, id: u64, most: Phase) -> Held {
        // In this order. If the count that is seen is of the instance before ours, the exchange fails. If it is of a later
        // one, so is the id. If it is of ours, and the id of a later one, nothing is found.
        let mut seen = self.handles.seen();
        loop {
            if self.id() != id {
                return Held::Another;
            }
            if !self.is_at_most(most) || !seen.can_grow() {
                return Held::NotAnyMore;
            }
            match self.handles.add_to(seen) {
                // SAFETY: the count is that of the instance, whose header stays while there are handles.
                Ok(()) => return Held::Counted(unsafe { NonNull::new_unchecked(self.header.load(Ordering::Relaxed)) }),
                Err(now) => seen = now,
            }
        }
    }

    #[inline]
    pub(super) fn is_at_most(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::SeqCst) <= phase as u8
    }

    #[inline]
    pub(super) fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Ordering::SeqCst))
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    /// Changes the phase if it is `from`, and returns whether it was.
    pub(super) fn change_phase(&self, from: Phase, to: Phase) -> bool {
        self.phase.compare_exchange(from as u8, to as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
