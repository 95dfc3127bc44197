//! The memory of an instance.

use std::alloc;
use std::ptr::NonNull;

use super::header::Header;
use crate::class_state::{ClassState, PlacedPart};
use crate::context;
use crate::failure::{self, TeardownFailure};

/// Allocates a block and makes the initial value of each variable in it.
pub(crate) fn allocate(state: &ClassState, header: Header) -> NonNull<Header> {
    // SAFETY: the layout starts with a header, so its size is not 0.
    let block = unsafe { alloc::alloc(state.layout) };
    let Some(place) = NonNull::new(block.cast::<Header>()) else { alloc::handle_alloc_error(state.layout) };
    // SAFETY: the block is large and aligned enough for the header and for each part at its offset.
    unsafe {
        place.write(header);
        for (part, offset) in &state.parts {
            part.initialize(block.add(*offset));
        }
    }
    place
}

/// Drops all variables, the last part first. Returns the panics among them.
///
/// # Safety
///
/// The block is from [`allocate`] with the same class state, nothing uses its variables any more, and this is done
/// once.
pub(crate) unsafe fn drop_all(state: &ClassState, header: NonNull<Header>) -> Vec<TeardownFailure> {
    // SAFETY: by contract; `allocate` and `LateModule::initialize` have made these.
    unsafe {
        let late = std::mem::take(&mut header.as_ref().late().parts);
        drop_parts(header, state.parts.iter().copied().chain(late))
    }
}

/// Frees a block.
///
/// # Safety
///
/// The block is from [`allocate`] with the same class state, and nothing uses it any more.
pub(crate) unsafe fn free(state: &ClassState, header: NonNull<Header>) {
    // SAFETY: `allocate` has written the header, and allocated the block with this layout.
    unsafe {
        header.drop_in_place();
        alloc::dealloc(header.cast().as_ptr(), state.layout);
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
                    let text = failure::message(panic);
                    crate::events::event!("drop panicked", head, part.module(); error = text);
                    failures.push(TeardownFailure::in_drop(head.label(), part.module(), variable, text));
                });
            }
        }
    });
    failures
}
