//! A reference into an instance is not kept anywhere that outlives the function that resolved it.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::RefCell;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::thread;
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static OF_ITS_OWN: OnceLock<&'static AtomicU64> = OnceLock::new();
    #[virtualized(keep)]
    static KEPT: OnceLock<&'static AtomicU64> = OnceLock::new();
    #[shared]
    static OF_ALL: OnceLock<&AtomicU64> = OnceLock::new();

    #[attach]
    fn in_a_static() -> Result<(), &'static str> {
        OF_ALL.set(&V_COUNTER).map_err(|_| "twice")
    }

    #[detach]
    fn in_a_variable() {
        _ = V_OF_ITS_OWN.set(&V_COUNTER);
    }

    #[quiesce]
    fn in_a_kept_variable() {
        _ = V_KEPT.set(&V_COUNTER);
    }

    fn in_a_thread() {
        let counter = &V_COUNTER;
        thread::spawn(move || counter.load(Relaxed));
    }

    fn in_a_boxed_closure() -> Box<dyn Fn() -> u64> {
        let counter = &V_COUNTER;
        Box::new(move || counter.load(Relaxed))
    }

    fn in_a_future() -> impl Future<Output = u64> {
        let counter = &V_COUNTER;
        async move { counter.load(Relaxed) }
    }

    fn in_what_is_lent<'a>(place: &RefCell<Vec<&'a AtomicU64>>) {
        place.borrow_mut().push(&V_COUNTER);
    }

    fn outside_of_enter(vnet: &Vnet) -> u64 {
        let mut kept = None;
        vnet.enter(|| kept = Some(&V_COUNTER));
        kept.unwrap().load(Relaxed)
    }

    fn outside_of_for_each() {
        let mut kept = Vec::new();
        Vnet::for_each(|_| kept.push(&V_COUNTER));
    }
}

fn main() {}
