//! Symbols: variables that tools look up by name.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use vimage::prelude::*;
use vimage::symmap;

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(symmap)]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);

    #[virtualized]
    static FOO_HIDDEN: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    pub static mut FOO_RAW: [u16; 3] = [1, 2, 3];

    #[virtualized(keep, symmap)]
    pub static FOO_KEPT: AtomicU32 = AtomicU32::new(5);

    #[shared(symmap)]
    pub static FOO_ALL: AtomicU32 = AtomicU32::new(6);

    #[virtualized(symmap)]
    static TWICE: AtomicU32 = AtomicU32::new(1);

    pub fn count() {
        V_FOO_COUNTER.fetch_add(1, Relaxed);
        V_FOO_HIDDEN.fetch_add(1, Relaxed);
        V_TWICE.fetch_add(0, Relaxed);
    }
}

#[vnet_module(symmap)]
mod whole {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized]
    pub static WHOLE_A: AtomicU32 = AtomicU32::new(0);
    #[virtualized]
    pub static TWICE: AtomicU32 = AtomicU32::new(2);
    #[shared]
    #[allow(dead_code)]
    pub static WHOLE_SHARED: AtomicU32 = AtomicU32::new(0);
}

#[vcpu_module(symmap)]
mod cpu {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized]
    pub static FOO_COUNTER: AtomicU32 = AtomicU32::new(0);
}

#[test]
fn a_symbol_is_the_variable_of_the_instance() {
    let base = Vnet::base().unwrap();
    base.enter(foo::count);
    let symbol = symmap::lookup(&base, "foo_counter").unwrap();
    assert_eq!((symbol.name(), symbol.module(), symbol.class()), ("foo_counter", "foo", "Net"));
    assert_eq!((symbol.size(), symbol.align()), (8, 8));
    assert!(symbol.type_name().ends_with("AtomicU64") || symbol.type_name().contains("Atomic<u64>"), "{symbol:?}");
    let counter: &AtomicU64 = symbol.get().unwrap();
    assert!(std::ptr::eq(counter, foo::V_FOO_COUNTER.of(&base)));
    assert_eq!(symbol.address().addr(), std::ptr::from_ref(counter).addr());
    assert!(symbol.get::<u64>().is_none() && symbol.get::<AtomicU32>().is_none());
    assert_eq!(symmap::lookup(&base, "FOO_COUNTER").unwrap().address(), symbol.address());
    assert_eq!(symmap::lookup(&base, "foo::foo_counter").unwrap().address(), symbol.address());
    if let Ok(red) = Vnet::new() {
        let other = symmap::lookup(&red, "foo_counter").unwrap();
        assert_ne!(other.address(), symbol.address());
        red.enter(foo::count);
        assert_eq!(other.get::<AtomicU64>().unwrap().load(Relaxed), 8);
    }
}

#[test]
fn kept_shared_and_raw_variables_have_addresses() {
    let base = Vnet::base().unwrap();
    let kept = symmap::lookup(&base, "foo_kept").unwrap();
    assert_eq!(kept.get::<AtomicU32>().unwrap().load(Relaxed), 5);
    let all = symmap::lookup(&base, "foo_all").unwrap();
    assert!(all.is_shared() && std::ptr::eq(all.get().unwrap(), &foo::FOO_ALL));
    let raw = symmap::lookup(&base, "foo_raw").unwrap();
    assert!(raw.get::<[u16; 3]>().is_none(), "a `static mut` gives an address only");
    assert_eq!(raw.size(), 6);
    // SAFETY: nobody writes it.
    assert_eq!(unsafe { raw.address().cast::<[u16; 3]>().read() }, [1, 2, 3]);
    if let Ok(red) = Vnet::new() {
        assert_eq!(symmap::lookup(&red, "foo_all").unwrap().address(), all.address());
        assert_ne!(symmap::lookup(&red, "foo_kept").unwrap().address(), kept.address());
    }
}

#[test]
fn only_what_is_marked_is_there() {
    let base = Vnet::base().unwrap();
    let names: Vec<_> = symmap::symbols(&base).unwrap().iter().map(|symbol| (symbol.module(), symbol.name())).collect();
    let expected = [
        ("foo", "foo_all"),
        ("foo", "foo_counter"),
        ("foo", "foo_kept"),
        ("foo", "foo_raw"),
        ("foo", "twice"),
        ("whole", "twice"),
        ("whole", "whole_a"),
    ];
    assert_eq!(names, expected);
    let hidden = symmap::lookup(&base, "foo_hidden").unwrap_err();
    assert!(matches!(hidden, symmap::Error::Unknown { .. }));
    let wrong = symmap::lookup(&base, "foo_count").unwrap_err();
    assert_eq!(wrong.to_string(), "unknown symbol `foo_count`; did you mean `foo_counter`?");
}

#[test]
fn a_name_that_two_bear_needs_its_module() {
    let base = Vnet::base().unwrap();
    let symmap::Error::Ambiguous { candidates, .. } = symmap::lookup(&base, "twice").unwrap_err() else { panic!() };
    assert!(candidates[0].starts_with("foo::twice (symmap::foo, "), "{candidates:?}");
    assert!(candidates[1].starts_with("whole::twice (symmap::whole, "), "{candidates:?}");
    let whole = symmap::lookup(&base, "whole::twice").unwrap();
    assert_eq!(whole.get::<AtomicU32>().unwrap().load(Relaxed), 2);
    assert_eq!(symmap::lookup(&base, "symmap::foo::twice").unwrap().module(), "foo");
}
