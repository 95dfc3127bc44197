//! The room for run-time modules, without instances.

use std::alloc::Layout;

use super::*;
use crate::layout::OrderedClass;
use crate::registry::{Class, Hooks, Net, PartEntry, Register};

fn linked(sizes: &[(usize, usize)]) -> LinkedModule {
    // Not one for all: a module is registered once.
    let entry = ModuleEntry::new::<Net>("m", "x::m", "src/lib.rs", 1, Register::Manual, &[], Hooks::default);
    let part = |&(size, align)| PartEntry::of_layout(Layout::from_size_align(size, align).unwrap());
    LinkedModule {
        entry: Box::leak(Box::new(entry)),
        attach: None,
        quiesce: None,
        detach: None,
        parts: sizes.iter().map(part).collect(),
    }
}

/// A class whose instances have room for this and what is kept anyway.
fn class_with_room(bytes: usize) -> &'static ClassState {
    let ordered = OrderedClass { class: Net::ENTRY, modules: Vec::new(), manual: vec![linked(&[(bytes, 1)])] };
    Box::leak(Box::new(ClassState::lay_out(ordered, 256).unwrap()))
}

fn left(state: &ClassState) -> usize {
    state.live().reserve.left()
}

#[test]
fn a_module_that_exceeds_the_address_space_is_an_error_and_changes_nothing() {
    const HUGE: usize = isize::MAX as usize;
    let state = class_with_room(1000);
    let before = left(state);
    for sizes in [
        &[(HUGE - 100, 1)][..],
        &[(HUGE / 2, 1), (HUGE / 2, 1), (HUGE / 2, 1)],
        // Each place is in range, and the end is not.
        &[(HUGE / 2, 1), (8, 8), (HUGE / 2 - 64, 64)],
    ] {
        let module = linked(sizes);
        let parts = module.parts.clone();
        let error = add(state, module).unwrap_err();
        assert!(matches!(error, RegisterError::Reserve { .. }), "{error}");
        assert_eq!(left(state), before);
        assert!(state.live().added.is_empty() && parts.iter().all(|part| !part.is_published()));
    }
}

#[test]
fn the_reserve_takes_what_fits_to_the_byte() {
    let state = class_with_room(1000);
    let all = left(state);
    let error = add(state, linked(&[(all + 1, 1)])).unwrap_err();
    let RegisterError::Reserve { needed, left: all_of_it, .. } = error else { panic!("{error}") };
    assert_eq!(all_of_it, all);
    // What is in front of it to start a cache line counts.
    let padding = needed - (all + 1);
    let error = add(state, linked(&[(all - padding + 1, 1)])).unwrap_err();
    assert!(matches!(error, RegisterError::Reserve { needed, .. } if needed == all + 1), "{error}");
    add(state, linked(&[(all - padding, 1)])).unwrap();
    assert_eq!(left(state), 0);
    let error = add(state, linked(&[(10, 1)])).unwrap_err();
    assert!(matches!(error, RegisterError::Reserve { needed: 10, left: 0, .. }), "{error}");
    // One without variables needs no room.
    add(state, linked(&[])).unwrap();
}
