//! Variables can be used in conditions with `let`, beside an `.await` too. Edition 2024.

#![allow(clippy::await_holding_lock, reason = "code as users write it")]

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use support::instances::in_each_instance;
use vimage::prelude::*;

#[vnet_module]
mod chains {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());

    fn last() -> Option<u64> {
        V_LIST.lock().unwrap().last().copied()
    }

    pub fn conditions(given: Option<u64>) -> u64 {
        if let Some(given) = given
            && given > V_N.load(Relaxed)
            && let None = last()
            && let 0 = V_LIST.lock().map_or(1, |list| list.len())
        {
            V_LIST.lock().unwrap().push(given);
        }
        // In this edition the guard of the scrutinee is dropped before the `else`.
        if let Some(first) = V_LIST.lock().unwrap().first() { *first } else { V_LIST.lock().unwrap().len() as u64 }
    }

    pub fn guards(given: Option<u64>) -> u64 {
        match given {
            Some(n) if V_N.load(Relaxed) < n && n != 9 => n,
            _ => V_N.load(Relaxed),
        }
    }

    pub fn loops() -> u64 {
        let mut steps = 0;
        while V_N.load(Relaxed) > 0
            && let 1.. = V_N.fetch_sub(1, Relaxed)
        {
            steps += 1;
        }
        V_N.swap(3, Relaxed) + steps
    }

    pub async fn waits_in_else(at: usize, wait: impl AsyncFn() -> u64) -> u64 {
        if let Some(n) = V_LIST.lock().unwrap().get(at)
            && *n < V_N.load(Relaxed)
        {
            *n
        } else if let Ok(list) = V_LIST.try_lock() {
            list.len() as u64 + 10
        } else {
            wait().await
        }
    }

    pub async fn waits_while_nothing_is_locked(wait: impl AsyncFn() -> u64) -> u64 {
        if let Some(n) = V_LIST.lock().unwrap().first() {
            *n
        } else {
            let n = wait().await;
            V_LIST.lock().unwrap().push(n);
            let n = V_LIST.lock().unwrap().pop().unwrap();
            n + wait().await
        }
    }

    pub async fn beside_waits(wait: impl AsyncFn() -> u64) -> u64 {
        if V_N.load(Relaxed) > 0
            && let Some(last) = last()
            && let 1 = V_LIST.lock().map_or(0, |list| list.len())
            && let n @ 1.. = wait().await
            && n + last > V_N.load(Relaxed)
        {
            V_LIST.lock().unwrap().clear();
            last + wait().await
        } else if let 3 = V_N.load(Relaxed)
            && wait().await == 0
        {
            0
        } else {
            V_N.load(Relaxed) + 100
        }
    }
}

#[test]
fn conditions_with_let() {
    in_each_instance(|| {
        assert_eq!(chains::conditions(Some(1)), 0);
        assert_eq!(chains::conditions(Some(7)), 7);
        assert_eq!((chains::guards(Some(4)), chains::guards(Some(9))), (4, 3));
        assert_eq!(chains::loops(), 3);
        let poll = || pin!(chains::beside_waits(async || 1)).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll(), Poll::Ready(8));
        assert_eq!(poll(), Poll::Ready(103));
        let in_else = |at| pin!(chains::waits_in_else(at, async || 1)).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!((in_else(0), in_else(9)), (Poll::Ready(10), Poll::Ready(10)));
        let unlocked = pin!(chains::waits_while_nothing_is_locked(async || 1));
        assert_eq!(unlocked.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(2));
    });
}
