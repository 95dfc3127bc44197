//! What runs elsewhere resolves there; it takes no reference along.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);

    fn into_a_scope_outside_of_enter(vnet: &Vnet) {
        std::thread::scope(|scope| {
            vnet.enter(|| {
                let counter = &V_COUNTER;
                scope.spawn(move || counter.load(Relaxed));
            });
        });
    }

    fn into_a_scope_of_ours(vnet: &Vnet) {
        vimage::thread::scope(|scope| {
            vnet.enter(|| {
                let counter = &V_COUNTER;
                scope.spawn(move || counter.load(Relaxed));
            });
        });
    }

    fn into_a_bound_closure(vnet: &Vnet) -> impl Fn() -> u64 {
        let counter = &V_COUNTER;
        vnet.bind_fn(move || counter.load(Relaxed))
    }

    fn out_of_a_bound_closure(vnet: &Vnet) -> u64 {
        vnet.bind(|| &V_COUNTER)().load(Relaxed)
    }

    fn into_a_future_within(vnet: &Vnet) -> impl Future<Output = u64> {
        let counter = &V_COUNTER;
        async move { counter.load(Relaxed) }.within(vnet)
    }

    fn out_of_isolated() -> u64 {
        vimage::isolated(|| &V_COUNTER).load(Relaxed)
    }

    fn into_a_bound_value(vnet: &Vnet) -> vimage::Bound<&'static AtomicU64> {
        vimage::Bound::new_in(vnet, &V_COUNTER).unwrap()
    }
}

fn main() {}
