//! Ordering, on entries made by hand.

use super::order;
use crate::error::BootError;
use crate::registry::Entry;
use crate::registry::{AttachFn, Dependency, HasOneAttachHook, HasOneDetachHook, Hooks, ModuleEntry, Register};
use crate::registry::{Class, Cpu, Net};

fn module<C: Class>(name: &'static str, path: &'static str, dependencies: &[Dependency]) -> &'static ModuleEntry {
    let dependencies = dependencies.to_vec().leak();
    Box::leak(Box::new(ModuleEntry::new::<C>(
        name,
        path,
        "src/lib.rs",
        1,
        Register::Boot,
        dependencies,
        Hooks::default,
    )))
}

fn names(entries: &[&'static ModuleEntry]) -> Result<Vec<String>, BootError> {
    let entries: Vec<Entry> = entries.iter().copied().map(Entry::Module).collect();
    let classes = order(&entries)?;
    Ok(classes.iter().flat_map(|class| &class.modules).map(|module| module.entry.name.to_owned()).collect())
}

/// Every order of the elements.
fn permutations<T: Copy>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    (0..of.len())
        .flat_map(|first| {
            let mut rest = of.to_vec();
            let first = rest.remove(first);
            permutations(&rest).into_iter().map(move |mut tail| {
                tail.insert(0, first);
                tail
            })
        })
        .collect()
}

#[test]
fn link_order_does_not_matter() {
    let a = module::<Net>("a", "x::a", &[Dependency::Name("d")]);
    static B: ModuleEntry = ModuleEntry::new::<Net>("b", "x::b", "src/lib.rs", 1, Register::Boot, &[], Hooks::default);
    let b = &B;
    let c = module::<Net>("c", "x::c", &[Dependency::Name("a"), Dependency::Path(|| &B)]);
    let d = module::<Net>("d", "x::d", &[]);
    let e = module::<Cpu>("e", "x::e", &[]);
    for entries in permutations(&[a, b, c, d, e]) {
        // Class `Cpu` sorts before `Net`; in there ties go by name.
        assert_eq!(names(&entries).unwrap(), ["e", "b", "d", "a", "c"]);
    }
}

#[test]
fn after_orders_only_what_is_there() {
    let a = module::<Net>("a", "x::a", &[Dependency::After("z"), Dependency::After("nowhere")]);
    let z = module::<Net>("z", "x::z", &[]);
    let other_z = module::<Net>("z", "y::z", &[]);
    assert_eq!(names(&[a]).unwrap(), ["a"]);
    assert_eq!(names(&[a, z, other_z]).unwrap(), ["z", "z", "a"]);
}

#[test]
fn two_entries_of_one_module_are_one() {
    let a = module::<Net>("a", "x::a", &[]);
    assert_eq!(names(&[a, a]).unwrap(), ["a"]);
}

#[test]
fn a_missing_dependency_shows_the_closest_name() {
    let a = module::<Net>("foo", "x::foo", &[Dependency::Name("liof")]);
    let b = module::<Net>("loif", "x::loif", &[]);
    let error = names(&[a, b]).unwrap_err();
    assert!(matches!(&error, BootError::MissingDependency { closest: Some(closest), .. } if closest == "loif"));
    assert_eq!(
        error.to_string(),
        "module foo (x::foo, src/lib.rs:1) depends on `liof`, but no such module is linked into the program; did you \
         mean `loif`?"
    );
}

#[test]
fn a_dependency_of_another_class_is_missing() {
    let a = module::<Net>("foo", "x::foo", &[Dependency::Name("sched")]);
    let b = module::<Cpu>("sched", "x::sched", &[]);
    let error = names(&[a, b]).unwrap_err();
    assert!(matches!(error, BootError::MissingDependency { closest: None, .. }), "{error}");
}

#[test]
fn an_ambiguous_name_lists_all_who_bear_it() {
    let a = module::<Net>("foo", "x::foo", &[Dependency::Name("loif")]);
    let old = module::<Net>("loif", "loif_1::loif", &[]);
    let new = module::<Net>("loif", "loif_2::loif", &[]);
    assert_eq!(
        names(&[a, new, old]).unwrap_err().to_string(),
        "module foo (x::foo, src/lib.rs:1) depends on `loif`, which is the name of 2 modules: loif (loif_1::loif, src/lib.rs:1), \
         loif (loif_2::loif, src/lib.rs:1); name the one you mean by path"
    );
}

#[test]
fn a_cycle_is_shown_whole_and_nothing_else() {
    let into = module::<Net>("a", "x::a", &[Dependency::Name("b")]);
    let b = module::<Net>("b", "x::b", &[Dependency::Name("c")]);
    let c = module::<Net>("c", "x::c", &[Dependency::Name("d")]);
    let d = module::<Net>("d", "x::d", &[Dependency::Name("b"), Dependency::Name("e")]);
    let out = module::<Net>("e", "x::e", &[]);
    let error = names(&[into, b, c, d, out]).unwrap_err();
    let BootError::DependencyCycle { modules } = error else { panic!("{error}") };
    let names: Vec<_> = modules.iter().map(|module| module.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["b", "c", "d", "b"]);
}

#[test]
fn a_module_that_depends_on_itself_is_a_cycle() {
    let a = module::<Net>("a", "x::a", &[Dependency::Name("a")]);
    assert!(matches!(names(&[a]), Err(BootError::DependencyCycle { modules }) if modules.len() == 2));
}

#[test]
fn a_module_has_the_hooks_that_are_declared_for_it() {
    enum Marker {}
    impl HasOneAttachHook for Marker {
        const HOOK: AttachFn = |_| Ok(());
    }
    impl HasOneDetachHook for Marker {
        const HOOK: fn() = || ();
    }
    static ENTRY: ModuleEntry = ModuleEntry::new::<Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[], || {
        crate::__private::hooks_of!(Marker)
    });
    let classes = order(&[Entry::Module(&ENTRY)]).unwrap();
    let linked = &classes[0].modules[0];
    assert!(linked.attach.is_some() && linked.quiesce.is_none() && linked.detach.is_some());
}
