//! The layout of the instances of a class.

use std::alloc::{Layout, LayoutError};

use super::order::OrderedClass;
use super::place::{PlacedPart, place};
use super::reserve::Reserve;
use crate::error::BootError;

/// Where everything lies in the instances of a class.
#[derive(Debug)]
pub(crate) struct Placed {
    /// Of a whole instance, reserve included.
    pub(crate) layout: Layout,
    /// The parts of the modules of boot, in their order.
    pub(crate) parts: Vec<PlacedPart>,
    pub(crate) reserve: Reserve,
}

/// Gives each part its place behind `header`, and leaves room for the modules that may come later and `reserve` bytes more.
pub(crate) fn lay_out(header: Layout, ordered: &OrderedClass, reserve: usize) -> Result<Placed, BootError> {
    let too_large = |_: LayoutError| BootError::TooLarge { class: ordered.class.name };
    let mut end = header;
    let mut parts = Vec::new();
    for module in &ordered.modules {
        end = place(end, &module.parts, &mut parts).map_err(too_large)?;
    }
    let (start, align) = (end.size(), end.align());
    for module in &ordered.manual {
        end = place(end, &module.parts, &mut Vec::new()).map_err(too_large)?;
    }
    // What may never come has room, but does not make every instance more aligned.
    let layout = end.size().checked_add(reserve);
    let layout = layout.and_then(|size| Layout::from_size_align(size, align).ok());
    let layout = layout.ok_or(BootError::TooLarge { class: ordered.class.name })?.pad_to_align();
    Ok(Placed { layout, parts, reserve: Reserve::new(start..layout.size(), align) })
}

#[cfg(all(test, feature = "vimage", not(vimage_shuttle)))]
mod tests {
    use super::*;
    use crate::layout::LinkedModule;
    use crate::registry::{Class, Hooks, ModuleEntry, Net, PartEntry, Register};

    const HEADER: Layout = match Layout::from_size_align(128, 64) {
        Ok(layout) => layout,
        Err(_) => unreachable!(),
    };

    fn part(size: usize, align: usize) -> &'static PartEntry {
        PartEntry::of_layout(Layout::from_size_align(size, align).unwrap())
    }

    fn module(parts: &[&'static PartEntry]) -> LinkedModule {
        static MODULE: ModuleEntry =
            ModuleEntry::new::<Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[], Hooks::default);
        LinkedModule { entry: &MODULE, attach: None, quiesce: None, detach: None, parts: parts.to_vec() }
    }

    fn lay_out(modules: Vec<LinkedModule>, manual: Vec<LinkedModule>) -> Result<Placed, BootError> {
        super::lay_out(HEADER, &OrderedClass { class: Net::ENTRY, modules, manual }, 256)
    }

    #[test]
    fn each_module_starts_a_cache_line_and_parts_keep_their_alignment() {
        let state =
            lay_out(vec![module(&[part(8, 8), part(1, 1), part(4, 4)]), module(&[part(1, 1)])], vec![]).unwrap();
        let start = state.parts[0].1;
        assert!(start >= HEADER.size() && start.is_multiple_of(64));
        let offsets: Vec<_> = state.parts.iter().map(|(_, offset)| offset - start).collect();
        assert_eq!(offsets, [0, 8, 12, 64]);
        assert_eq!(state.layout.align(), 64);
    }

    #[test]
    fn a_part_may_want_more_than_a_cache_line() {
        let state = lay_out(vec![module(&[part(1, 1)]), module(&[part(4096, 4096)])], vec![]).unwrap();
        assert_eq!((state.layout.align(), state.parts[1].1), (4096, 4096));
    }

    #[test]
    fn manual_modules_have_room_but_do_not_raise_the_alignment() {
        let without = lay_out(vec![], vec![]).unwrap();
        let with = lay_out(vec![], vec![module(&[part(1000, 8)]), module(&[part(10, 4096)])]).unwrap();
        assert!(with.layout.size() >= without.layout.size() + 1010);
        assert_eq!(with.layout.align(), 64);
    }

    #[test]
    fn what_exceeds_the_address_space_is_an_error() {
        let half = || part(isize::MAX as usize / 2, 1);
        for (modules, manual) in [
            (vec![module(&[half(), half(), half()])], vec![]),
            (vec![module(&[half()]), module(&[half()]), module(&[half()])], vec![]),
            (vec![module(&[half()])], vec![module(&[half(), half()])]),
            (vec![module(&[part(isize::MAX as usize - 100, 1)])], vec![]),
        ] {
            let error = lay_out(modules, manual).unwrap_err();
            assert_eq!(error.to_string(), "the variables of class Net exceed the address space");
        }
    }
}
