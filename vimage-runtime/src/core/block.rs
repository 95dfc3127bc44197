//! The memory of an instance.

use std::alloc::{self, Layout};
use std::ptr::NonNull;

use super::context;
use super::header::Header;
use crate::error::{TeardownFailure, message};
use crate::layout::PlacedPart;
use crate::registry::is_possible_block;

/// Allocates a block and makes the initial value of each variable in it.
///
/// # Safety
///
/// In this layout a header comes first, and each of the parts lies at its offset.
pub(crate) unsafe fn allocate(layout: Layout, parts: &[PlacedPart], header: Header) -> NonNull<Header> {
    // SAFETY: the layout starts with a header, so its size is not 0.
    let block = unsafe { alloc::alloc(layout) };
    let Some(place) = NonNull::new(block.cast::<Header>()) else { alloc::handle_alloc_error(layout) };
    assert!(is_possible_block(block, layout.size()), "the allocator uses bits of addresses that vimage needs");
    // SAFETY: the block is large and aligned enough for the header and for each part at its offset.
    unsafe {
        place.write(header);
        for (part, offset) in parts {
            part.initialize(block.add(*offset));
        }
    }
    place
}

/// Drops all variables, the last part first. Returns the panics among them.
///
/// # Safety
///
/// The block is from [`allocate`] with the same parts, nothing uses its variables any more, and this is done
/// once.
pub(crate) unsafe fn drop_all(parts: &[PlacedPart], header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: by contract; `allocate` and `AddedModule::initialize` have made these.
    unsafe {
        let added = std::mem::take(&mut header.as_ref().lock().parts);
        drop_parts(header, parts.iter().copied().chain(added))
    }
}

/// Frees a block.
///
/// # Safety
///
/// The block is from [`allocate`] with the same layout, and nothing uses it any more.
pub(crate) unsafe fn free(layout: Layout, header: NonNull<Header>) {
    // SAFETY: `allocate` has written the header, and allocated the block with this layout.
    unsafe {
        header.drop_in_place();
        alloc::dealloc(header.cast().as_ptr(), layout);
    }
}

/// Drops these parts, the last one first, with no context. Returns the panics among them.
///
/// # Safety
///
/// They are initialized in this block, and nothing uses them any more.
pub(crate) unsafe fn drop_parts(
    header: NonNull<Header>,
    parts: impl DoubleEndedIterator<Item = PlacedPart>,
) -> Vec<TeardownFailure> {
    let mut parts = parts.rev().filter(|(part, _)| part.needs_drop()).peekable();
    if parts.peek().is_none() {
        return Vec::new();
    }
    let mut failures = Vec::new();
    context::bar_all(|| {
        for (part, offset) in parts {
            // SAFETY: by contract.
            unsafe {
                part.drop_in(header.cast::<u8>().add(offset).as_ptr(), &mut |variable, panic| {
                    let head = header.as_ref();
                    let text = message(panic);
                    crate::events::event!("drop panicked", head, part.module(); error = text);
                    failures.push(TeardownFailure::in_drop(head.label(), part.module().name, variable, text));
                });
            }
        }
    });
    failures
}
