//! From the id of an instance to its slot, without a lock.
//!
//! A table of buckets by the last bits of the id. As ids are handed out one by one, the instances of a program are spread
//! evenly. Changes are made under the lock of the class. A thread that looks up meanwhile may miss what is there, because a
//! slot that it stands on moves to another bucket; it then looks again under the lock. It can find nothing wrong: see
//! [`Slot::hold`].

use super::phase::Phase;
use super::slot::{Held, Slot, SlotCell};
use crate::sync::{AtomicPtr, Ordering};

/// The buckets; replaced by twice as many when there are as many instances. What is replaced is never freed, for a thread
/// may be looking at it; all of it together is smaller than what replaces it.
#[derive(Debug)]
pub(crate) struct Index {
    buckets: AtomicPtr<Buckets>,
}

#[derive(Debug)]
struct Buckets {
    /// A power of two of them.
    heads: Box<[SlotCell]>,
    /// Their number minus 1.
    last: usize,
    /// What these have replaced: so a leak checker does not take it for lost.
    _before: Option<&'static Buckets>,
}

/// How many slots are looked at without the lock: if buckets change all the time, a walk might go on for ever.
const MOST_STEPS: usize = 32;

impl Index {
    pub(super) fn new() -> Self {
        Self { buckets: AtomicPtr::new(Buckets::leaked(4, None)) }
    }

    #[inline]
    fn buckets(&self) -> &'static Buckets {
        // SAFETY: only `new` and `grow` write it: a reference that is valid for ever.
        unsafe { &*self.buckets.load(Ordering::Acquire) }
    }

    pub(super) fn len(&self) -> usize {
        self.buckets().heads.len()
    }

    /// Counts a handle to the instance with this id, as [`Slot::hold`]. [`Held::Another`] if it is not found, perhaps
    /// although it is there: then [`find`](Self::find) decides.
    #[inline]
    pub(super) fn hold(&self, id: u64, most: Phase) -> Held {
        let mut slot = self.buckets().head(id).get();
        for _ in 0..MOST_STEPS {
            let Some(found) = slot else { break };
            match found.hold(id, most) {
                Held::Another => slot = found.in_bucket.get(),
                held => return held,
            }
        }
        Held::Another
    }

    /// The slot where this id is looked for first.
    #[inline]
    pub(super) fn first(&self, id: u64) -> Option<&'static Slot> {
        self.buckets().head(id).get()
    }

    /// The slot of this id. Under the lock of the class.
    pub(super) fn find(&self, id: u64) -> Option<&'static Slot> {
        let mut slot = self.buckets().head(id).get();
        while let Some(found) = slot.filter(|found| found.id() != id) {
            slot = found.in_bucket.get();
        }
        slot
    }

    /// Enters a slot under its id. Under the lock of the class.
    pub(super) fn insert(&self, slot: &'static Slot) {
        self.buckets().insert(slot);
    }

    /// Takes out a slot that is there. Under the lock of the class.
    pub(super) fn remove(&self, slot: &'static Slot) {
        let mut cell = self.buckets().head(slot.id());
        while let Some(other) = cell.get() {
            if std::ptr::eq(other, slot) {
                return cell.set(slot.in_bucket.get());
            }
            cell = &other.in_bucket;
        }
    }

    /// Makes twice as many buckets, with these slots in them: all that are there. Under the lock of the class.
    pub(super) fn grow(&self, slots: impl Iterator<Item = &'static Slot>) {
        let buckets = Buckets::leaked(2 * self.len(), Some(self.buckets()));
        // SAFETY: `leaked` returns a reference that is valid for ever.
        let new = unsafe { &*buckets };
        slots.for_each(|slot| new.insert(slot));
        self.buckets.store(buckets, Ordering::Release);
    }
}

impl Buckets {
    fn leaked(count: usize, before: Option<&'static Self>) -> *mut Self {
        let heads = (0..count).map(|_| SlotCell::default()).collect();
        Box::into_raw(Box::new(Self { heads, last: count - 1, _before: before }))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the last bits are what is wanted")]
    fn head(&'static self, id: u64) -> &'static SlotCell {
        // SAFETY: `last` is the number of the last one, and all of its bits are set.
        unsafe { self.heads.get_unchecked(id as usize & self.last) }
    }

    fn insert(&'static self, slot: &'static Slot) {
        let head = self.head(slot.id());
        slot.in_bucket.set(head.get());
        head.set(Some(slot));
    }
}
