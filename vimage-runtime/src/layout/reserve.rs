//! Room in each instance for modules that are registered at run time.

use std::alloc::Layout;
use std::ops::Range;

use super::place::{PlacedPart, place};
use crate::registry::PartEntry;

/// The free ranges of each instance's block, by offset, none of them empty.
#[derive(Debug)]
pub(crate) struct Reserve {
    free: Vec<Range<usize>>,
    /// The alignment of each block.
    align: usize,
}

impl Reserve {
    pub(super) fn new(free: Range<usize>, align: usize) -> Self {
        let mut reserve = Self { free: Vec::new(), align };
        reserve.give_back(free);
        reserve
    }

    /// Gives these parts their places in the first range that has room for them, and says what they take of it; or how
    /// many bytes they would take, padding included.
    pub(crate) fn take(&mut self, parts: &[&'static PartEntry]) -> Result<(Vec<PlacedPart>, Range<usize>), usize> {
        let mut needed: Option<usize> = None;
        for (index, free) in self.free.iter_mut().enumerate() {
            let mut placed = Vec::new();
            let end =
                Layout::from_size_align(free.start, self.align).and_then(|start| place(start, parts, &mut placed));
            let Ok(end) = end.map(|end| end.size()) else { continue };
            if end > free.end {
                needed = Some(needed.map_or(end - free.start, |least| least.min(end - free.start)));
                continue;
            }
            let taken = free.start..end;
            free.start = end;
            if Range::is_empty(free) {
                self.free.remove(index);
            }
            return Ok((placed, taken));
        }
        // A module without variables fits anywhere.
        if parts.is_empty() {
            return Ok((Vec::new(), 0..0));
        }
        // Where nothing at all is free there is no padding to be known.
        let alone = || Layout::from_size_align(0, self.align).and_then(|start| place(start, parts, &mut Vec::new()));
        Err(needed.unwrap_or_else(|| alone().map_or(usize::MAX, |alone| alone.size())))
    }

    /// Takes back what [`take`](Self::take) has given away.
    pub(crate) fn give_back(&mut self, taken: Range<usize>) {
        if taken.is_empty() {
            return;
        }
        let index = self.free.partition_point(|free| free.start < taken.start);
        self.free.insert(index, taken);
        // Neighbours that touch are one.
        self.free.dedup_by(|next, free| {
            let touch = free.end == next.start;
            if touch {
                free.end = next.end;
            }
            touch
        });
    }

    /// The most bytes that one module could take.
    pub(crate) fn left(&self) -> usize {
        self.free.iter().map(Range::len).max().unwrap_or(0)
    }
}
