//! Async code can use variables, and holds no borrow across an `.await`. Compiles in editions 2021 and 2024.

#![allow(
    clippy::await_holding_lock,
    clippy::redundant_closure_call,
    clippy::manual_async_fn,
    reason = "code as users write it"
)]

mod support;

use support::panics::panic_of;
use support::waits::run;
use vimage::prelude::*;

#[vnet_module]
mod regions {
    use super::support::waits::wait;
    use std::future::Future;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static SUM: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());

    /// The expected part of `sum` after a wait: with instances, the code continues in a fresh one.
    pub fn kept(sum: u64) -> u64 {
        if cfg!(feature = "vimage") { 0 } else { sum }
    }

    fn reset() {
        V_SUM.store(0, Relaxed);
        V_LIST.lock().unwrap().clear();
    }

    pub async fn resolves_anew_after_each_wait() -> [u64; 2] {
        reset();
        V_SUM.fetch_add(5, Relaxed);
        let before = V_SUM.load(Relaxed);
        wait().await;
        [before, V_SUM.load(Relaxed)]
    }

    pub async fn without_any_wait() -> u64 {
        reset();
        for n in 0..9 {
            V_SUM.fetch_add(n, Relaxed);
            if n == 3 {
                break;
            }
        }
        V_SUM.load(Relaxed)
    }

    pub async fn loops() -> u64 {
        reset();
        let mut n = 0;
        while V_SUM.load(Relaxed) > n {
            wait().await;
        }
        let list = V_LIST.lock().unwrap().clone();
        for each in list {
            n += each + wait().await;
        }
        'outer: loop {
            if n > 5 {
                V_SUM.fetch_add(n, Relaxed);
                break;
            }
            n += wait().await;
            for step in 0..3 {
                if step == 1 {
                    V_SUM.store(100, Relaxed);
                    continue 'outer;
                }
                wait().await;
            }
        }
        n + V_SUM.load(Relaxed)
    }

    pub async fn blocks() -> u64 {
        reset();
        let length = {
            let mut list = V_LIST.lock().unwrap();
            list.push(1);
            list.len() as u64
        };
        let chosen = if wait().await > 0 {
            let list = &V_LIST;
            list.lock().unwrap().len() as u64
        } else {
            V_SUM.load(Relaxed)
        };
        // SAFETY: nothing here needs any.
        #[allow(unused_unsafe)]
        let more = unsafe { V_SUM.fetch_add(1, Relaxed) } + wait().await;
        length * 100 + chosen * 10 + more
    }

    pub async fn question_mark(text: &str) -> Result<u64, std::num::ParseIntError> {
        reset();
        V_SUM.store(text.parse()?, Relaxed);
        let more = text.parse::<u64>()? + V_SUM.load(Relaxed);
        wait().await;
        Ok(more + V_SUM.load(Relaxed))
    }

    pub async fn early_returns(text: Option<&str>) -> u64 {
        reset();
        let Some(text) = text else { return V_SUM.load(Relaxed) + 1 };
        if text.is_empty() {
            wait().await;
            return V_SUM.load(Relaxed) + 2;
        }
        let Some(last) = V_LIST.lock().unwrap().last().copied() else {
            wait().await;
            return V_SUM.load(Relaxed) + 3;
        };
        last
    }

    pub async fn never() -> ! {
        V_SUM.store(1, Relaxed);
        loop {
            if wait().await > V_SUM.load(Relaxed) {
                panic!("waited {}", V_SUM.load(Relaxed));
            }
            V_SUM.store(0, Relaxed);
        }
    }

    pub async fn returns_impl() -> impl Fn(&str) -> &str {
        wait().await;
        V_SUM.store(1, Relaxed);
        |text| if V_SUM.load(Relaxed) > 0 { text } else { "" }
    }

    pub fn block() -> impl Future<Output = u64> + Send {
        reset();
        let at_once = V_SUM.fetch_add(7, Relaxed) + 7;
        async move {
            let first = V_SUM.swap(1, Relaxed);
            wait().await;
            at_once * 100 + first * 10 + V_SUM.load(Relaxed)
        }
    }

    pub async fn closures() -> u64 {
        reset();
        let plus = async |n: u64| {
            wait().await;
            V_SUM.load(Relaxed) + n
        };
        let sync = |n: u64| V_SUM.fetch_add(n, Relaxed) + n;
        sync(3);
        plus(sync(4)).await + (async || V_SUM.load(Relaxed))().await
    }

    pub async fn use_in_blocks() -> [u64; 3] {
        reset();
        mod inner {
            use vimage::prelude::*;
            #[virtualized]
            pub static SUM: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(70);
        }
        let first = {
            use inner::V_SUM;
            V_SUM.load(Relaxed)
        };
        let second = {
            let by = 1;
            use inner::V_SUM;
            wait().await;
            V_SUM.load(Relaxed) + by
        };
        [first, second, V_SUM.load(Relaxed)]
    }

    pub async fn conditional() -> u64 {
        reset();
        #[cfg(any())]
        V_MISSING.store(1, Relaxed);
        wait().await;
        #[cfg(test)]
        V_SUM.fetch_add(1, Relaxed);
        #[cfg(any())]
        let missing = V_MISSING.load(Relaxed);
        match wait().await {
            #[cfg(any())]
            8 => V_MISSING.load(Relaxed),
            _ => V_SUM.load(Relaxed),
        }
    }

    pub trait Serve {
        async fn serve(&self) -> u64 {
            reset();
            V_SUM.fetch_add(self.amount(), Relaxed);
            wait().await;
            V_SUM.load(Relaxed)
        }
        fn amount(&self) -> u64;
        fn declared(&self) -> impl Future<Output = u64> + Send {
            async {
                wait().await;
                V_SUM.load(Relaxed)
            }
        }
    }

    impl Serve for u64 {
        fn amount(&self) -> u64 {
            V_SUM.load(Relaxed) + self
        }
    }

    pub async fn recursive(depth: u64) -> u64 {
        if depth == 0 {
            return V_SUM.load(Relaxed);
        }
        V_SUM.store(depth, Relaxed);
        Box::pin(recursive(depth - 1)).await + V_SUM.load(Relaxed)
    }
}

/// One test, because in builds without instances all of it uses the same variables.
#[test]
fn regions_are_resolved_between_waits() {
    use regions::*;
    assert_eq!(run(resolves_anew_after_each_wait()), [5, kept(5)]);
    assert_eq!(run(without_any_wait()), 6);
    assert_eq!(run(loops()), 112);
    assert_eq!(run(blocks()), 100 + kept(10) + 1);
    assert_eq!(run(question_mark("4")), Ok(8 + kept(4)));
    assert!(run(question_mark("x")).is_err());
    assert_eq!(run(early_returns(None)), 1);
    assert_eq!(run(early_returns(Some(""))), 2);
    assert_eq!(run(early_returns(Some("x"))), 3);
    assert_eq!(panic_of(|| run(async { never().await })), "waited 0");
    assert_eq!(run(async { returns_impl().await("text").len() }), 4);
    assert_eq!(run(async { block().await }), 700 + 70 + kept(1));
    assert_eq!(run(closures()), kept(7) + 7 + kept(7));
    assert_eq!(run(use_in_blocks()), [70, 71, 0]);
    assert_eq!(run(conditional()), 1);
    assert_eq!(run(async { 9.serve().await }), kept(9));
    assert_eq!(run(async { 9.declared().await }), kept(9));
    assert_eq!(run(recursive(3)), 4);
}
