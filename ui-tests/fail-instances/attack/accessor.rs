//! What the methods of an accessor lend ends with the closure, or with the handle.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use vimage::prelude::*;

vimage::class! {
    pub struct Tenant;
}

#[vnet_module]
mod foo {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    thread_local! {
        pub static LOCAL: RefCell<Rc<u64>> = RefCell::new(Rc::new(0));
    }
}

fn returned_from_with_current() -> u64 {
    foo::V_COUNTER.with_current(|counter| counter).load(Relaxed)
}

fn stored_from_with_current() {
    let mut kept = None;
    foo::V_COUNTER.with_current(|counter| kept = Some(counter));
}

fn in_a_thread() {
    foo::V_COUNTER.with_current(|counter| std::thread::spawn(|| counter.load(Relaxed)));
}

fn after_destroy(vnet: Vnet) -> u64 {
    let counter = foo::V_COUNTER.of(&vnet);
    vnet.destroy().unwrap();
    counter.load(Relaxed)
}

fn after_drop() -> &'static AtomicU64 {
    foo::V_COUNTER.of(&Vnet::new().unwrap())
}

fn after_held() -> &'static AtomicU64 {
    let held = foo::V_COUNTER.held();
    &held
}

fn of_another_class(tenant: &vimage::Instance<Tenant>, vcpu: &Vcpu) {
    foo::V_COUNTER.of(tenant);
    foo::V_COUNTER.held_of(vcpu);
}

fn local_returned() {
    foo::V_LOCAL.with_current(|local| local.with(|value| value));
}

fn local_in_another_thread() {
    foo::V_LOCAL.with_current(|local| {
        local.with_borrow(|value| std::thread::scope(|scope| _ = scope.spawn(|| value.clone())));
    });
}

fn handle_gone_while_inside(vnet: Vnet) {
    vnet.enter(move || drop(vnet));
}

fn destroyed_while_inside(vnet: Vnet) {
    vnet.enter(|| vnet.destroy());
}

fn main() {}
