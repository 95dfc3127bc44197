//! The place of each part of a module in the instances of its class.

use std::alloc::{Layout, LayoutError};

use crate::registry::PartEntry;

/// Modules do not share a cache line.
const CACHE_LINE: usize = 64;

/// A part and its offset in each instance that has it.
pub(crate) type PlacedPart = (&'static PartEntry, usize);

/// Places the parts of one module after what there is; the first one starts a cache line.
pub(crate) fn place(
    mut end: Layout,
    parts: &[&'static PartEntry],
    placed: &mut Vec<PlacedPart>,
) -> Result<Layout, LayoutError> {
    let mut align = CACHE_LINE;
    for &part in parts {
        let (longer, offset) = end.extend(part.layout().align_to(align)?)?;
        placed.push((part, offset));
        (end, align) = (longer, 1);
    }
    Ok(end)
}
