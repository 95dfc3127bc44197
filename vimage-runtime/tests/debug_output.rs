//! The `Debug` output of the public types: short, and available before and after an instance is destroyed.

use std::fmt::Debug;

use vimage::prelude::*;
use vimage::{Bound, Contexts, Movable, Transfer};

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(symmap, sysctl("net.foo.mode", rw))]
    pub static FOO_MODE: AtomicU32 = AtomicU32::new(7);

    #[virtualized]
    thread_local! {
        static FOO_LOCAL: u32 = const { 1 };
    }

    pub fn calls() -> u32 {
        #[virtualized(label = "calls of foo::calls")]
        static CALLS: AtomicU32 = AtomicU32::new(0);
        V_CALLS.fetch_add(1, Relaxed)
    }

    pub fn local() -> String {
        V_FOO_LOCAL.with(|value| format!("{value:?}"))
    }
}

struct Interface;

impl Transfer for Interface {
    type Error = String;

    fn leave(&mut self) {}

    fn join(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// One line, or as many as there are fields; never the whole of what it refers to.
fn show(value: &impl Debug) -> String {
    let (short, long) = (format!("{value:?}"), format!("{value:#?}"));
    assert!(!short.contains('\n') && short.len() < 400, "{} characters: {short:.400}", short.len());
    assert!(long.lines().count() < 40, "{long:.1000}");
    short
}

#[cfg(feature = "vimage")]
fn in_red(text: &str, id: u64, state: &str) -> String {
    text.replace("RED", &format!("Net#{id} \"red\", {state}"))
}

#[test]
fn of_what_there_is_in_each_build() {
    let base = vimage::boot().unwrap();
    let vnet = Vnet::base().unwrap();
    assert_eq!(show(&vnet), "Instance(Net#0, Live)");
    assert_eq!(show(&vnet.downgrade()), "WeakInstance(Net#0, Live)");
    assert_eq!(show(&base), "Vimage [(Cpu#0, Live), (Net#0, Live), (Procg#0, Live), (Program#0, Live)]");
    let bound = Bound::<u32>::new_in(&vnet, 3).unwrap();
    assert_eq!(show(&bound), "Bound { instance: Instance(Net#0, Live), .. }");
    let movable = Movable::<Interface>::new_in(&vnet, Interface).unwrap();
    assert_eq!(show(&movable), "Movable { home: Instance(Net#0, Live), lent_to: None, .. }");
    let held = foo::V_FOO_MODE.held_of(&vnet);
    assert!(show(&held).starts_with("Held { value: 7, instance: "), "{held:?}");
    assert_eq!(show(&Vnet::builder().name("red").arg(7_u8)), show(&Vnet::builder().name("red").arg(8_u8)));
    // The builder of a vimage has handles and classes, which know each other.
    show(&Vimage::builder());
    show(
        &Vimage::builder()
            .starting_from(&base)
            .fresh_all()
            .fresh::<vimage::kernel::Net>()
            .share::<vimage::kernel::Cpu>(),
    );
    show(&Vimage::builder().share_instance(&vnet).name("red").arg(7_u8).sysctl("net.foo.mode", 8));
    show(&vimage::sysctl::of(&vnet));
    show(&vimage::sysctl::of(&vnet).get("net.foo.mode").unwrap());
    show(&vimage::sysctl::of(&vnet).get("net.foo.none").unwrap_err());
    show(&Vnet::list());
    show(&base.enter(Contexts::current));
    show(&vnet.enter(Contexts::current));
    let (end, _other) = vimage::link::pair::<u32>(&vnet, &vnet).unwrap();
    show(&end);
    show(&end.try_send(1));
    assert_eq!(vnet.enter(foo::local), "1");
    show(&vimage::debug::modules());
    show(&std::future::ready(()).within(&vnet));
    vimage::thread::scope(|scope| _ = show(scope));
}

#[test]
fn a_variable_has_its_label_in_tables() {
    assert_eq!(vimage::boot().unwrap().enter(foo::calls), 0);
    let variables = vimage::debug::variables().to_string();
    assert_eq!(variables.contains("calls of foo::calls"), cfg!(feature = "vimage"), "{variables}");
    assert!(!variables.contains("V_CALLS"), "{variables}");
}

#[cfg(not(feature = "vimage"))]
#[test]
fn of_a_refusal() {
    show(&Vnet::new().unwrap_err());
    show(&Vimage::builder().fresh_all().create().unwrap_err());
}

#[cfg(feature = "vimage")]
#[test]
fn of_an_instance_in_each_state() {
    let home = Vnet::base().unwrap();
    let red = Vnet::builder().name("red").create().unwrap();
    let (id, weak) = (red.id(), red.downgrade());
    let says = |state: &str, text: &str| in_red(text, id, state);

    let bound = Bound::<u32>::new_in(&red, 3).unwrap();
    let held = foo::V_FOO_MODE.held_of(&red);
    let mut movable = Movable::<Interface>::new_in(&home, Interface).unwrap();
    movable.move_to(&red).unwrap();
    let (mine, other) = vimage::link::pair::<u32>(&red, &home).unwrap();
    let contexts = red.enter(Contexts::current);
    assert_eq!(show(&red), says("Live", "Instance(RED)"));
    assert_eq!(show(&weak), says("Live", "WeakInstance(RED)"));
    assert_eq!(show(&bound), says("Live", "Bound { instance: Instance(RED), .. }"));
    assert_eq!(show(&held), says("Live", "Held { value: 7, instance: Some((RED)) }"));
    let lent = "Movable { home: Instance(Net#0, Live), lent_to: Some(WeakInstance(RED)), .. }";
    assert_eq!(show(&movable), says("Live", lent));
    assert_eq!(show(&mine), says("Live", "Endpoint(RED, open)"));
    assert_eq!(show(&contexts), says("Live", "Contexts [(RED)]"));
    show(&vimage::sysctl::of(&red));
    show(&Vimage::builder().share_instance(&red));

    let busy = red.destroy().unwrap_err();
    assert!(show(&busy).starts_with(&says("Live", "Busy(Instance(RED), Holders([")), "{busy:?}");
    let red = busy.into_instance().unwrap();
    red.shutdown().unwrap();
    assert_eq!(show(&red), says("ShuttingDown", "Instance(RED)"));
    assert_eq!(show(&weak), says("ShuttingDown", "WeakInstance(RED)"));
    assert_eq!(show(&bound), says("ShuttingDown", "Bound { instance: Instance(RED), .. }"));
    assert_eq!(show(&mine), says("ShuttingDown", "Endpoint(RED, closed)"));
    assert_eq!(show(&movable), "Movable { home: Instance(Net#0, Live), lent_to: None, .. }");

    drop((bound, held, contexts));
    red.destroy().unwrap();
    assert_eq!(show(&weak), format!("WeakInstance(Net#{id}, Gone)"));
    assert_eq!(show(&mine), format!("Endpoint(Net#{id}, Gone, closed)"));
    assert_eq!(show(&other), "Endpoint(Net#0, Live, closed)");
}

#[cfg(feature = "vimage")]
#[test]
fn of_a_vimage() {
    let red = Vimage::builder().fresh::<vimage::kernel::Net>().name("red").create().unwrap();
    let id = red.instance::<vimage::kernel::Net>().id();
    assert_eq!(show(&red), in_red("Vimage [(Cpu#0, Live), (RED), (Procg#0, Live), (Program#0, Live)]", id, "Live"));
    let other = red.clone();
    show(&red.destroy().unwrap_err());
    other.destroy().unwrap();
}
