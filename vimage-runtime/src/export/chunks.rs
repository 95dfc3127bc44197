//! The slots of a class's instances, as others find them: a list of the chunks that they lie in.

use std::sync::atomic::{AtomicU64, Ordering};

use super::record::address;

/// Some slots, one after the other, which are never moved or freed.
#[repr(C)]
#[derive(Debug)]
struct ChunkRecord {
    address: u64,
    count: u64,
    /// The address of the next one, 0 for none.
    next: AtomicU64,
}

/// The chunks of one class, in the order in which they were made. Changed under the lock of the class.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// All of them, as references: an address in a record is a number, which nothing that looks for leaks follows.
    records: Vec<&'static ChunkRecord>,
}

impl Chunks {
    /// Adds slots that are free.
    pub(crate) fn add<T>(&mut self, slots: &'static [T]) {
        let record =
            ChunkRecord { address: address(slots.as_ptr()), count: slots.len() as u64, next: AtomicU64::new(0) };
        let record: &'static ChunkRecord = Box::leak(Box::new(record));
        if let Some(last) = self.records.last() {
            // Release: the record is there when its address is.
            last.next.store(address(record), Ordering::Release);
        }
        self.records.push(record);
    }

    /// The address of the first record; 0 where there is none.
    pub(crate) fn first(&self) -> u64 {
        self.records.first().map_or(0, |first| address(*first))
    }
}

#[cfg(all(test, not(vimage_shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn each_chunk_leads_to_the_next() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.first(), 0);
        static SLOTS: [[u8; 64]; 5] = [[0; 64]; 5];
        chunks.add(&SLOTS[..2]);
        let (first, one) = (chunks.first(), chunks.records[0]);
        assert_eq!((first, one.address, one.count), (address(one), address(&raw const SLOTS), 2));
        chunks.add(&SLOTS[2..]);
        let two = chunks.records[1];
        assert_eq!((chunks.first(), one.next.load(Ordering::Relaxed)), (first, address(two)));
        assert_eq!((two.address, two.count, two.next.load(Ordering::Relaxed)), (address(&raw const SLOTS[2]), 3, 0));
    }
}
