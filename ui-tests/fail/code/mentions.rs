//! Mentions where nobody can see what becomes of them.

use vimage::prelude::*;

macro_rules! outside {
    ($value:expr) => {
        $value
    };
}

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static LENGTH: usize = 1;
    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn in_a_macro() -> u64 {
        outside!(V_COUNTER.load(Relaxed))
    }

    fn captured() -> String {
        format!("{V_LENGTH} {V_NAMES:?}")
    }

    macro_rules! inside {
        () => {
            V_COUNTER.load(Relaxed)
        };
    }

    fn in_a_body() -> u64 {
        inside!()
    }

    async fn fine() -> usize {
        let length = V_NAMES.lock().unwrap().len();
        std::future::ready(length).await + V_LENGTH
    }
}

fn main() {}
