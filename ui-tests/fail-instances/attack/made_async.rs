//! An attribute below ours makes a function async after its body was rewritten.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::future::pending;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use attack_macros::made_async;
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[made_async]
    fn a_reference() {
        let counter = &V_COUNTER;
        pending::<()>().await;
        counter.load(Relaxed);
    }

    #[made_async]
    fn in_a_call() {
        let names = V_NAMES.lock().unwrap();
        println!("{:?}", pending::<()>().await);
        drop(names);
    }

    #[made_async]
    fn nothing() -> u64 {
        pending::<()>().await;
        V_COUNTER.load(Relaxed)
    }
}

fn main() {}
