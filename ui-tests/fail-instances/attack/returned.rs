//! A reference into an instance does not leave the function that resolved it.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU64;
    use std::sync::{Mutex, MutexGuard};
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[virtualized]
    static TABLE: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

    fn forever() -> &'static AtomicU64 {
        &V_COUNTER
    }

    fn field(index: usize) -> &'static AtomicU64 {
        &V_TABLE[index]
    }

    fn guard() -> MutexGuard<'static, Vec<String>> {
        V_NAMES.lock().unwrap()
    }

    fn lazily() -> impl Iterator<Item = &'static AtomicU64> {
        V_TABLE.iter()
    }

    fn early(now: bool) -> Option<&'static AtomicU64> {
        if now {
            return Some(&V_COUNTER);
        }
        None
    }

    struct Reader;

    impl Reader {
        fn as_long_as_self(&self) -> &AtomicU64 {
            &V_COUNTER
        }
    }

    trait Reads {
        fn by_default<'a>(&'a self) -> &'a AtomicU64 {
            &V_COUNTER
        }
    }

    fn from_a_closure() {
        let read = || &V_COUNTER;
        read();
    }

    fn from_a_closure_in_an_instance(vnet: &Vnet) -> &AtomicU64 {
        vnet.enter(|| &V_COUNTER)
    }
}

fn main() {}
