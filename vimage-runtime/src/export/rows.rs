//! The rows of a class's instances: a list beside the tree that can be read from outside at any moment.
//!
//! A row has the id of its instance as its key, and ids are never given twice. So a reader that finds the same key before and
//! after it has read the rest knows that the rest belongs together, and that the instance was in the tree all the time.
//! Rows lie in chunks that stay where they are, so that the addresses that a reader has stay valid.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::record::address;

/// The rows of the first chunk; each further one has twice as many as the one before.
pub(super) const FIRST: usize = 16;
/// So many chunks have room for 2³⁶ rows.
pub(super) const CHUNKS: usize = 32;

/// A node of the tree, as others see it.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Row {
    /// The id plus 1; 0 for a row that is free.
    key: AtomicU64,
    /// The address of the instance's block; 0 for a node that only holds its children together.
    block: AtomicU64,
    /// The id of the node above.
    parent: AtomicU64,
}

const _: () = assert!(size_of::<Row>() == 24, "the format has this size");

/// The number of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowIndex(u32);

/// The rows of one class. Changed under the lock of the class, read by others without it.
#[derive(Debug)]
pub(crate) struct Rows {
    chunks: Vec<Box<[Row]>>,
    /// The addresses of the chunks, 0 for those that do not exist.
    directory: Box<[AtomicU64; CHUNKS]>,
    free: Vec<RowIndex>,
    /// The rows that were used so far.
    used: u32,
}

impl Default for Rows {
    fn default() -> Self {
        let directory = Box::new([const { AtomicU64::new(0) }; CHUNKS]);
        Self { chunks: Vec::new(), directory, free: Vec::new(), used: 0 }
    }
}

impl Rows {
    /// The address of the directory, which stays as long as the rows do.
    pub(crate) fn directory(&self) -> u64 {
        address(self.directory.as_ptr())
    }

    /// Adds an instance.
    pub(crate) fn add<T>(&mut self, id: u64, parent: u64, block: NonNull<T>) -> RowIndex {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        let row = self.row(index);
        row.parent.store(parent, Ordering::Relaxed);
        row.block.store(address(block.as_ptr()), Ordering::Relaxed);
        // Last, so that what belongs to the key is there when the key is: also the instance behind the address, which the
        // caller has made.
        row.key.store(id + 1, Ordering::Release);
        index
    }

    /// The instance is destroyed, its children are still held together.
    pub(crate) fn clear(&self, index: RowIndex) {
        self.row(index).block.store(0, Ordering::Relaxed);
        // Before the variables are dropped and the block is freed.
        fence(Ordering::Release);
    }

    /// The node takes the place of its parent.
    pub(crate) fn set_parent(&self, index: RowIndex, parent: u64) {
        self.row(index).parent.store(parent, Ordering::Relaxed);
        // Before the row of the parent is free.
        fence(Ordering::Release);
    }

    /// The node does not exist any more.
    pub(crate) fn remove(&mut self, index: RowIndex) {
        self.row(index).key.store(0, Ordering::Relaxed);
        // Before the row is used again, the variables are dropped, and the block is freed.
        fence(Ordering::Release);
        self.free.push(index);
    }

    fn row(&self, RowIndex(index): RowIndex) -> &Row {
        let (chunk, place) = position(index);
        &self.chunks[chunk][place]
    }

    /// A row that was never used.
    fn grow(&mut self) -> RowIndex {
        let index = self.used;
        self.used = index.checked_add(1).expect("fewer than 2³² instances exist at a time");
        let (chunk, _) = position(index);
        if chunk == self.chunks.len() {
            self.add_chunk();
        }
        RowIndex(index)
    }

    #[cold]
    fn add_chunk(&mut self) {
        let free = || Row { key: AtomicU64::new(0), block: AtomicU64::new(0), parent: AtomicU64::new(0) };
        let chunk: Box<[Row]> = std::iter::repeat_with(free).take(FIRST << self.chunks.len()).collect();
        self.directory[self.chunks.len()].store(address(chunk.as_ptr()), Ordering::Release);
        self.chunks.push(chunk);
    }
}

/// The chunk of a row, and its place in there.
fn position(index: u32) -> (usize, usize) {
    let place = index as usize + FIRST;
    let chunk = place.ilog2() - FIRST.ilog2();
    (chunk as usize, place - (FIRST << chunk))
}

#[cfg(all(test, not(vimage_shuttle)))]
mod tests {
    use super::*;

    fn add(rows: &mut Rows, id: u64) -> RowIndex {
        rows.add(id, 0, NonNull::<u64>::dangling())
    }

    #[test]
    fn chunks_double_and_follow_each_other() {
        assert_eq!([0, 15, 16, 47, 48, u32::MAX].map(position), [(0, 0), (0, 15), (1, 0), (1, 31), (2, 0), (28, 15)]);
    }

    #[test]
    fn a_row_that_is_free_is_used_again_and_stays_where_it_is() {
        let mut rows = Rows::default();
        let first = add(&mut rows, 0);
        let address = std::ptr::from_ref(rows.row(first));
        let others: Vec<_> = (1..1000).map(|id| add(&mut rows, id)).collect();
        assert_eq!(std::ptr::from_ref(rows.row(first)), address);
        assert!(rows.row(others[998 - 1]).key.load(Ordering::Relaxed) == 999);
        rows.remove(first);
        assert_eq!(rows.row(first).key.load(Ordering::Relaxed), 0);
        assert_eq!(add(&mut rows, 1000), first);
    }

    #[test]
    fn the_directory_leads_to_each_chunk() {
        let mut rows = Rows::default();
        for id in 0..100 {
            add(&mut rows, id);
        }
        let addresses: Vec<u64> = rows.directory.iter().map(|chunk| chunk.load(Ordering::Relaxed)).collect();
        let own: Vec<u64> = rows.chunks.iter().map(|chunk| address(chunk.as_ptr())).collect();
        assert_eq!(addresses[..3], own);
        assert_eq!(addresses[3..], [0; CHUNKS - 3]);
    }
}
