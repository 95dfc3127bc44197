//! The memory of instances: what each block of a class is made from, and what is dropped in it.

use std::alloc::{self, Layout};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use super::context;
use super::header::Header;
use crate::error::{TeardownFailure, message};
use crate::layout::PlacedPart;
use crate::registry::{ModuleEntry, PartEntry, is_possible_block};

/// What the blocks of a class are made from, in one allocation and as few copies as possible.
#[derive(Debug)]
pub(crate) struct Blueprint {
    /// Of a block.
    layout: Layout,
    /// Of the allocation that a block lies in.
    allocation: Layout,
    /// Initial bytes, and where they belong.
    sources: Vec<(Source, usize)>,
    /// The offsets of slots whose values are allocated by themselves, because they outlive the instance.
    kept: Vec<usize>,
    /// What is dropped, in this order. Variables without a destructor are not in it.
    drops: Vec<FieldDrop>,
}

#[derive(Debug)]
enum Source {
    /// The bytes of several parts, and what is between them.
    Gathered(Box<[MaybeUninit<u8>]>),
    /// A part that is so large that a second copy of its bytes is not worth it.
    Part(&'static PartEntry),
}

/// A variable with a destructor.
#[derive(Debug)]
struct FieldDrop {
    drop: unsafe fn(*mut u8),
    offset: usize,
    name: &'static str,
    module: &'static ModuleEntry,
}

/// The bytes of larger parts are not gathered.
const LARGE: usize = 1 << 16;

/// What is gathered is copied in pieces of this size. The C library copies larger ones with `rep movsb`, which is slow to
/// start, and which some tools count byte by byte.
const PIECE: usize = 2048;

/// What every allocator aligns to at no cost.
const ALLOCATOR_ALIGN: usize = 16;

impl Blueprint {
    /// For blocks of this layout, with a header in front, and with each part at its offset.
    pub(crate) fn new(layout: Layout, parts: &[PlacedPart]) -> Self {
        let mut sources = Vec::new();
        for parts in parts.chunk_by(|(part, _), (next, _)| !is_large(part) && !is_large(next)) {
            match *parts {
                [(part, offset)] if is_large(part) => sources.push((Source::Part(part), offset)),
                [(_, start), ..] => sources.push((Source::Gathered(gather(start, parts)), start)),
                [] => {}
            }
        }
        let kept_of = |&(part, offset): &PlacedPart| part.kept().map(move |kept| offset + kept);
        Self {
            layout,
            allocation: allocation(layout),
            sources,
            kept: parts.iter().flat_map(kept_of).collect(),
            drops: drops_of(parts),
        }
    }

    /// Allocates a block and makes the initial value of each variable in it. Returns the place of the header, which is
    /// still to be written, and how far behind the start of the allocation it lies.
    pub(crate) fn allocate(&self) -> (NonNull<Header>, u8) {
        // SAFETY: the layout starts with a header, so its size is not 0.
        let Some(start) = NonNull::new(unsafe { alloc::alloc(self.allocation) }) else {
            alloc::handle_alloc_error(self.allocation)
        };
        let is_possible = is_possible_block(start.as_ptr(), self.allocation.size());
        assert!(is_possible, "the allocator uses bits of addresses that vimage needs");
        let shift = start.addr().get().wrapping_neg() & (self.layout.align() - 1);
        // SAFETY: the block begins at the first address of its alignment in the allocation, which has room for it from
        // there on. It is large enough for each part at its offset, and the sources are those of its parts.
        unsafe {
            let block = start.add(shift);
            for (source, offset) in &self.sources {
                source.copy_to(block.add(*offset).as_ptr());
            }
            for kept in &self.kept {
                PartEntry::make_kept(block.add(*kept).as_ptr());
            }
            #[expect(clippy::cast_possible_truncation, reason = "0 where an alignment is larger, see `allocation`")]
            (block.cast(), shift as u8)
        }
    }

    /// Drops all variables, those of run-time modules first, otherwise the last part first. Adds the panics to `failures`.
    ///
    /// # Safety
    ///
    /// The block is from [`allocate`](Self::allocate), nothing uses its variables any more, and this is done once.
    pub(crate) unsafe fn drop_all(&self, header: NonNull<Header>, failures: &mut Vec<TeardownFailure>) {
        // SAFETY: by contract.
        let added = unsafe { header.as_ref() }.lock_if_used().map(|mut own| std::mem::take(&mut own.parts));
        if let Some(parts) = added {
            // SAFETY: `AddedModule::initialize` has made these.
            unsafe { drop_parts(header, &parts, failures) };
        }
        if !self.drops.is_empty() {
            // SAFETY: `allocate` has made these.
            unsafe { run(&self.drops, header, failures) };
        }
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// The block is from [`allocate`](Self::allocate), its header was written, and nothing uses it any more.
    pub(crate) unsafe fn free(&self, header: NonNull<Header>) {
        // SAFETY: by contract. The allocation starts that far in front of the block.
        unsafe {
            let start = header.cast::<u8>().sub(usize::from(header.as_ref().shift));
            header.drop_in_place();
            alloc::dealloc(start.as_ptr(), self.allocation);
        }
    }
}

/// A cache line is what a block is aligned to in most programs. Allocators take many times longer where they have to align,
/// so it is done here.
fn allocation(layout: Layout) -> Layout {
    const MOST: usize = u8::MAX as usize + 1;
    let slack = layout.align().saturating_sub(ALLOCATOR_ALIGN);
    let larger = layout.size().checked_add(slack);
    let larger = larger.and_then(|size| Layout::from_size_align(size, ALLOCATOR_ALIGN).ok());
    larger.filter(|_| layout.align() <= MOST).unwrap_or(layout)
}

fn is_large(part: &PartEntry) -> bool {
    part.layout().size() > LARGE
}

/// The initial bytes of parts that lie behind each other, the first one at `start`.
fn gather(start: usize, parts: &[PlacedPart]) -> Box<[MaybeUninit<u8>]> {
    let end = parts.iter().map(|(part, offset)| offset + part.layout().size()).max().unwrap_or(start);
    let mut bytes = vec![MaybeUninit::uninit(); end - start].into_boxed_slice();
    for (part, offset) in parts {
        // SAFETY: the part ends at `end` or in front of it.
        unsafe { part.copy_template(bytes.as_mut_ptr().add(offset - start).cast()) };
    }
    bytes
}

impl Source {
    /// # Safety
    ///
    /// `place` is that of the first of its parts in a block.
    unsafe fn copy_to(&self, place: *mut u8) {
        match self {
            Self::Gathered(bytes) => {
                let mut place = place.cast();
                for piece in bytes.chunks(PIECE) {
                    // SAFETY: by contract the block has room for all of it.
                    unsafe {
                        ptr::copy_nonoverlapping(piece.as_ptr(), place, piece.len());
                        place = place.add(piece.len());
                    }
                }
            }
            // SAFETY: by contract.
            Self::Part(part) => unsafe { part.copy_template(place) },
        }
    }
}

/// What is to be dropped of these parts, the last part first.
fn drops_of(parts: &[PlacedPart]) -> Vec<FieldDrop> {
    let of_part = |&(part, offset): &PlacedPart| {
        let of_field =
            move |(name, field, drop)| FieldDrop { drop, offset: offset + field, name, module: part.module() };
        part.drops().map(of_field)
    };
    parts.iter().rev().flat_map(of_part).collect()
}

/// Drops these parts, the last one first, with no context. Adds the panics to `failures`.
///
/// # Safety
///
/// They are initialized in this block, and nothing uses them any more.
pub(crate) unsafe fn drop_parts(header: NonNull<Header>, parts: &[PlacedPart], failures: &mut Vec<TeardownFailure>) {
    // SAFETY: by contract.
    unsafe { run(&drops_of(parts), header, failures) };
}

/// Drops variables with no context, each by itself: one that panics takes no other along. Adds the panics to
/// `failures`.
///
/// # Safety
///
/// They are initialized in this block, and nothing uses them any more.
unsafe fn run(drops: &[FieldDrop], header: NonNull<Header>, failures: &mut Vec<TeardownFailure>) {
    let mut left = drops.iter();
    while !left.as_slice().is_empty() {
        let dropped = context::bar_all(|| {
            catch_unwind(AssertUnwindSafe(|| {
                for field in left.by_ref() {
                    // SAFETY: by contract, and the function is of the variable at this offset.
                    unsafe { (field.drop)(header.cast::<u8>().add(field.offset).as_ptr()) };
                }
            }))
        });
        if let Err(panic) = dropped {
            let FieldDrop { name, module, .. } = &drops[drops.len() - left.len() - 1];
            // SAFETY: by contract the block exists.
            let head = unsafe { header.as_ref() };
            let text = message(panic);
            crate::events::event!("drop panicked", head, module; error = text);
            failures.push(TeardownFailure::in_drop(head.label(), module.name, name, text));
        }
    }
}
