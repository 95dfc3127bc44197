//! The memory of an instance.

use std::alloc;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::header::Header;
use crate::boot::ClassState;
use crate::context;

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

/// Drops the variables, the last part first, and frees the block. Returns what the panics among them said.
///
/// # Safety
///
/// The block is from [`allocate`] with the same class state, and nothing uses it any more.
pub(crate) unsafe fn free(state: &ClassState, header: NonNull<Header>) -> Vec<String> {
    let mut panics = Vec::new();
    if state.parts.iter().any(|(part, _)| part.needs_drop()) {
        context::bar_all(|| {
            for (part, offset) in state.parts.iter().rev() {
                // SAFETY: `allocate` has initialized it there, and it is dropped this once.
                let dropped = catch_unwind(AssertUnwindSafe(|| unsafe {
                    part.drop_in(header.cast::<u8>().add(*offset).as_ptr());
                }));
                panics.extend(dropped.err().map(crate::failure::message));
            }
        });
    }
    // SAFETY: `allocate` has written the header, and allocated the block with this layout.
    unsafe {
        header.drop_in_place();
        alloc::dealloc(header.cast().as_ptr(), state.layout);
    }
    panics
}
