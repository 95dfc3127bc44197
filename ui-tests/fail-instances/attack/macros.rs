//! A macro that is vouched for but does not evaluate in place gains nothing by it.

use vimage::prelude::*;

#[vnet_module(macros(later, elsewhere, boxed))]
mod foo {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);

    macro_rules! later {
        ($value:expr) => {
            async move { $value }
        };
    }
    macro_rules! elsewhere {
        ($value:expr) => {
            run_later(move || drop($value))
        };
    }
    macro_rules! boxed {
        ($value:expr) => {
            Box::new(move || $value)
        };
    }

    fn in_a_future() -> impl Future<Output = u64> {
        later!(V_COUNTER.load(Relaxed))
    }

    fn run_later(_: impl FnOnce() + 'static) {}

    fn in_a_callback() {
        elsewhere!(V_COUNTER.load(Relaxed));
    }

    fn in_a_closure() -> Box<dyn Fn() -> u64> {
        boxed!(V_COUNTER.load(Relaxed))
    }
}

fn main() {}
