//! Macros that wait: what they are given, and what is around them. Compiles in editions 2021 and 2024.

#![allow(clippy::redundant_pattern_matching, reason = "code as users write it")]

mod support;

use support::waits::{run, run_in_one_instance};
use vimage::prelude::*;

#[vnet_module(macros(join, select, tokio::pin))]
mod waiting {
    use super::support::waits::wait;
    use std::future::pending;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use tokio::{join, select};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    #[virtualized]
    static LABEL: Label = Label(2);

    struct Label(u64);
    impl Label {
        fn plus(&self, n: u64) -> u64 {
            self.0 + n
        }
    }

    async fn value(n: u64) -> u64 {
        wait().await * n
    }

    pub async fn both() -> (u64, u64, u64) {
        let (first, second) = join!(value(V_N.load(Relaxed)), async { V_N.load(Relaxed) + wait().await });
        let third = V_LABEL.plus(tokio::join!(value(first), value(V_N.load(Relaxed))).1);
        (first, second, third)
    }

    pub async fn either() -> Vec<u64> {
        let mut results = Vec::new();
        V_N.store(3, Relaxed);
        loop {
            if V_N.load(Relaxed) == 0 {
                break;
            }
            let n = select! {
                n = value(V_N.load(Relaxed)) => {
                    V_N.store(n - 1, Relaxed);
                    V_LIST.lock().unwrap().push(n);
                    wait().await + V_N.load(Relaxed)
                },
                never = pending() => never,
            };
            results.push(n);
        }
        results.extend(V_LIST.lock().unwrap().iter());
        results
    }

    pub async fn beside_what_is_held_before() -> u64 {
        V_N.store(3, Relaxed);
        let length = {
            let mut list = V_LIST.lock().unwrap();
            *list = vec![0];
            list.len() as u64
        };
        let future = value(V_N.load(Relaxed));
        tokio::pin!(future);
        let (n, ()) = join!(&mut future, async { V_N.store(9, Relaxed) });
        length + n + V_N.load(Relaxed)
    }

    macro_rules! next {
        ($n:ident) => {{
            $n += wait().await;
            ($n < 3).then_some($n)
        }};
    }

    pub async fn conditions() -> u64 {
        let mut n = 0;
        while let Some(last) = next!(n) {
            V_N.store(last + 1, Relaxed);
        }
        if n == 0 {
            return 0;
        } else if let Some(seen) = next!(n) {
            return seen;
        } else if next!(n).is_none() && V_N.load(Relaxed) > 0 {
            V_N.store(0, Relaxed);
        }
        n * 10 + V_N.load(Relaxed)
    }

    macro_rules! assert_eq {
        ($left:expr, $right:expr $(,)?) => {
            std::assert!($left == $right, "mine")
        };
    }
    macro_rules! dbg {
        ($value:expr) => {
            $value + 1
        };
    }

    pub async fn of_another_definition() -> u64 {
        assert_eq!(V_N.load(Relaxed), wait().await + 2);
        assert_eq!(V_N.load(Relaxed), 3);
        dbg!(V_N.load(Relaxed)) + dbg!(wait().await)
    }
}

#[test]
fn macros_that_wait() {
    use waiting::*;
    assert_eq!(run(both()), (3, 4, 5));
    assert_eq!(run(of_another_definition()), 4 + 2);
    assert_eq!(run_in_one_instance(conditions()), 50);
    assert_eq!(run_in_one_instance(either()), [3, 2, 1, 3, 2, 1]);
    assert_eq!(run_in_one_instance(beside_what_is_held_before()), 1 + 3 + 9);
}
