//! What is evaluated when, and dropped when, in code that waits: as in plain Rust. Compiles in editions 2021 and 2024.

#![allow(clippy::manual_async_fn, clippy::needless_range_loop, clippy::useless_vec, reason = "code as users write it")]

mod support;

use support::panics::panic_of;
use support::waits::{run, run_in_one_instance};
use vimage::prelude::*;

#[vnet_module]
mod order {
    use super::support::waits::wait;
    use std::cell::RefCell;
    use std::future::{Future, ready};
    use std::ops::AddAssign;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{LazyLock, Mutex};
    use vimage::prelude::*;

    #[virtualized]
    static LOG: Log = Log;
    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static SLOTS: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    #[virtualized]
    static SENT: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    #[virtualized]
    static LIST: Watched = Watched(Mutex::new(Vec::new()));
    #[virtualized]
    static TOTAL: Mutex<u64> = Mutex::new(0);
    #[virtualized]
    static LAZY: LazyLock<Log> = LazyLock::new(|| {
        say("made");
        Log
    });
    #[virtualized]
    static NESTED: Nested = Nested { log: Log, logs: [Log, Log] };

    #[shared]
    thread_local! {
        static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn say(what: impl Into<String>) {
        SAID.with_borrow_mut(|said| said.push(what.into()));
    }

    pub fn said() -> String {
        SAID.take().join(", ")
    }

    pub struct Nested {
        log: Log,
        logs: [Log; 2],
    }

    pub struct Log;

    impl Log {
        fn record(&self, a: u64, b: u64) -> (u64, u64) {
            say(format!("record {a} {b}"));
            (a, b)
        }
        fn fill(&self, buffer: &mut [u64], n: u64) {
            buffer[0] += n;
        }
        fn noise(&self, n: u64) -> Noise {
            Noise(n)
        }
        fn map(&self, n: u64, f: impl Fn(u64) -> u64, _: std::sync::atomic::Ordering) -> u64 {
            f(n)
        }
        fn call(&self, n: u64, f: Box<dyn Fn(u64) -> u64>) -> u64 {
            f(n)
        }
    }

    fn record(log: &Log, a: u64, b: u64) -> (u64, u64) {
        log.record(a, b)
    }

    /// Says when it is dropped.
    pub struct Noise(u64);

    impl Noise {
        fn n(&self) -> u64 {
            self.0
        }
    }
    impl Drop for Noise {
        fn drop(&mut self) {
            say(format!("drop {}", self.0));
        }
    }

    /// A list whose guards say when they come and go.
    pub struct Watched(Mutex<Vec<u64>>);
    pub struct Guard<'w>(&'w Watched);

    impl Watched {
        fn lock(&self) -> Guard<'_> {
            say("lock");
            Guard(self)
        }
    }
    impl Guard<'_> {
        fn len(&self) -> u64 {
            self.0.0.lock().unwrap().len() as u64
        }
    }
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            say("unlock");
        }
    }

    #[derive(Clone, Copy)]
    struct Total(u64);
    impl AddAssign<u64> for Total {
        fn add_assign(&mut self, other: u64) {
            self.0 += other;
        }
    }

    struct Worker {
        count: u64,
        at: usize,
    }

    impl Worker {
        async fn bump(&mut self) -> u64 {
            self.count += 10;
            wait().await;
            self.count
        }
        async fn advance(&mut self) -> u64 {
            self.at += 1;
            wait().await + 6
        }
        async fn recorded(&mut self) -> (u64, u64) {
            V_LOG.record(self.count, self.bump().await)
        }
    }

    fn at(n: u64) -> u64 {
        say(format!("at {n}"));
        n
    }

    pub async fn places_that_later_arguments_change() -> [(u64, u64); 6] {
        let mut worker = Worker { count: 1, at: 0 };
        let first = worker.recorded().await;
        let mut x = 1;
        let second = record(&V_LOG, x, {
            x += 1;
            ready(x).await
        });
        let third = V_LOG.record(x, {
            x += 1;
            wait().await + x
        });
        let fourth = record(&V_NESTED.logs[worker.at], worker.at as u64, worker.advance().await);
        let fifth = V_NESTED.log.record(x, {
            x = 9;
            wait().await
        });
        let move_it = |by: u64| by + 1;
        let sixth = V_LOG.record(move_it(x), wait().await);
        [first, second, third, fourth, fifth, sixth]
    }

    pub async fn an_index_is_computed_in_its_turn() -> [u64; 2] {
        let mut worker = Worker { count: 1, at: 0 };
        V_SLOTS[worker.at].store(worker.advance().await, Relaxed);
        let kept = V_SLOTS[0].load(Relaxed);
        V_SLOTS[worker.at].store(kept + at(V_SLOTS[wait().await as usize].load(Relaxed)), Relaxed);
        [kept, V_SLOTS[1].load(Relaxed)]
    }

    pub async fn an_index_is_checked_in_its_turn(index: usize) {
        V_SLOTS[index].store(at(wait().await), Relaxed);
    }

    pub async fn a_lazy_receiver_is_made_in_its_turn() -> (u64, u64) {
        V_LAZY.record(at(1), wait().await)
    }

    pub async fn arguments_stay_what_they_are() -> u64 {
        let mut buffer = [1, 2];
        let slice = &mut buffer[..];
        V_LOG.fill(slice, wait().await);
        V_LOG.fill(slice, wait().await);
        V_LOG.call(slice[0], Box::new(|n: u64| n + 1)) + V_LOG.call(wait().await, Box::new(|n: u64| n + 1))
    }

    pub async fn a_closure_behind_what_waits() -> u64 {
        let by = 2;
        V_LOG.map(wait().await, |n| n.count_ones() as u64 + by, Relaxed)
    }

    pub async fn compound_assignment() -> [u64; 3] {
        *V_TOTAL.lock().unwrap() = wait().await;
        *V_TOTAL.lock().unwrap() += 4 * wait().await;
        let mut locals = [Total(1), Total(2)];
        locals[at(1) as usize] += V_N.load(Relaxed) + wait().await;
        let mut numbers = [1, 2];
        numbers[at(1) as usize] += at(wait().await);
        [*V_TOTAL.lock().unwrap(), locals[1].0, numbers[1]]
    }

    pub async fn temporaries_last_as_long_as_the_statement() -> u64 {
        let n = Noise(1).n() + V_LOG.noise(wait().await + 1).n() + at(3);
        say("next");
        let _ = V_LOG.record(Noise(4).n(), wait().await + Noise(5).n());
        say("next");
        let held = wait().await + V_LIST.lock().len() + at(6);
        say("next");
        let _ = (record(&V_LOG, Noise(7).n(), wait().await), at(8));
        let extended = &Noise(9);
        n + held + extended.n() + wait().await
    }

    pub async fn guards_of_macros() -> usize {
        let text = format!("{} {}", wait().await, V_LIST.lock().len());
        println!("{} {} {:?}", wait().await, V_LIST.lock().len(), V_N);
        say("next");
        let is_empty = matches!(V_LIST.lock().len(), 0) as usize + at(1) as usize;
        wait().await;
        let list = (vec![V_LIST.lock()], at(2)).0;
        let length = list.len() + dbg!(V_LIST.lock().len() as usize) + std::vec![V_LIST.lock()].len();
        drop(list);
        assert_eq!(wait().await + 2, V_N.load(Relaxed), "after {}", wait().await);
        text.len() + is_empty + length
    }

    pub async fn tails_of_macros() {
        let _noise = Noise(1);
        wait().await;
        assert_eq!(V_LIST.lock().len(), 0)
    }

    pub async fn leaving_from_macros(texts: &[&str]) -> Option<usize> {
        let list = V_LIST.lock();
        let mut length = 0;
        for text in texts {
            let first = text.chars().next()?;
            length += format!("{first} {}", text.get(1..2)?).len();
            println!("{} {}", list.len(), text.get(0..1)?);
        }
        drop(list);
        wait().await;
        Some(length)
    }

    pub async fn borrowed_where_nothing_waits() -> String {
        let values = vec![&V_N, &V_N];
        let text = dbg!(&V_N).load(Relaxed);
        let formatted = format_args!("{} {}", V_LIST.lock().len(), V_N.load(Relaxed)).to_string();
        let boxed: Vec<Box<dyn Fn() -> u64>> = vec![Box::new(|| 1), Box::new(|| 2)];
        let mut last = 0;
        let changed = vec![&mut last];
        *changed.into_iter().next().unwrap() = boxed[1]();
        format!("{} {text} {formatted} {last}", values.len())
    }

    pub async fn borrowed_beside_what_waits() -> String {
        let text = {
            let values = vec![&V_N, &V_N];
            format_args!("{} {}", values.len(), V_LIST.lock().len()).to_string()
        };
        wait().await;
        let boxed: Vec<Box<dyn Fn() -> u64>> = vec![Box::new(|| 1), Box::new(|| V_N.load(Relaxed))];
        let mut out = String::new();
        std::fmt::Write::write_fmt(&mut out, format_args!("{text} {}", boxed[1]())).unwrap();
        out
    }

    pub async fn guards_that_end_before() -> u64 {
        let mut guard = V_LIST.lock();
        for _ in 0..2 {
            drop(guard);
            wait().await;
            guard = V_LIST.lock();
        }
        let length = guard.len();
        drop(guard);
        let under = {
            let guard = V_LIST.lock();
            guard.len()
        };
        if V_LIST.lock().len() == 0 {
            wait().await;
        }
        while V_LIST.lock().len() > 9 {
            wait().await;
        }
        let _ = V_LIST.lock();
        let mut counter = &V_N;
        let first = counter.load(Relaxed);
        wait().await;
        counter = &V_N;
        length + under + first + counter.load(Relaxed)
    }

    pub fn is_send_and_static() -> impl Future<Output = u64> + Send + 'static {
        async {
            let n = V_LOG.record(at(1), wait().await).0;
            let text = format!("{n} {}", wait().await);
            for slot in 0..2 {
                V_SENT[slot].store(wait().await + n, Relaxed);
            }
            let inner = async { V_N.load(Relaxed) + wait().await };
            text.len() as u64 + inner.await + V_SENT[1].load(Relaxed)
        }
    }
}

#[test]
fn operands_are_computed_in_order() {
    use order::*;
    let changed = [(1, 11), (1, 2), (2, 4), (0, 7), (3, 1), (10, 1)];
    assert_eq!(run(places_that_later_arguments_change()), changed);
    said();
    assert_eq!(run_in_one_instance(an_index_is_computed_in_its_turn()), [7, 7]);
    assert_eq!(said(), "at 0");
    assert_eq!(run(compound_assignment()), [5, 6, 3]);
    assert_eq!(said(), "at 1, at 1, at 1");
    assert_eq!(run(arguments_stay_what_they_are()), 4 + 2);
    assert_eq!(run(a_closure_behind_what_waits()), 3);
}

#[test]
fn what_finding_a_receiver_does_is_done_in_its_turn() {
    use order::*;
    assert_eq!(run_in_one_instance(a_lazy_receiver_is_made_in_its_turn()), (1, 1));
    assert_eq!(said(), "made, at 1, record 1 1");
    let message = panic_of(|| run(async { an_index_is_checked_in_its_turn(2).await }));
    assert!(message.starts_with("index out of bounds"), "{message}");
    assert_eq!(said(), "");
}

#[test]
fn temporaries_end_where_they_do_in_plain_rust() {
    use order::*;
    assert_eq!(run(temporaries_last_as_long_as_the_statement()), 1 + 2 + 3 + 1 + 6 + 9 + 1);
    let first = "at 3, drop 2, drop 1, next, record 4 6, drop 5, drop 4, next, lock, at 6, unlock, next";
    assert_eq!(said(), format!("{first}, record 7 1, at 8, drop 7, drop 9"));
    assert_eq!(run(guards_that_end_before()), 6);
    let ends = "lock, unlock, lock, unlock, lock, unlock, lock, unlock, lock, unlock, lock, unlock, lock, unlock";
    assert_eq!(said(), ends);
}

#[test]
fn macros_are_what_they_are_in_plain_rust() {
    use order::*;
    assert_eq!(run(guards_of_macros()), 3 + 2 + 1 + 1);
    let locked = "lock, unlock, lock, unlock, next, lock, at 1, unlock, lock, at 2, lock, lock, unlock, unlock, unlock";
    assert_eq!(said(), locked);
    run(tails_of_macros());
    // Since edition 2024 the temporaries of a tail end before the locals do.
    let tail = if env!("CARGO_PKG_NAME") == "edition-2021" { "lock, drop 1, unlock" } else { "lock, unlock, drop 1" };
    assert_eq!(said(), tail);
    assert_eq!(run(leaving_from_macros(&["ab", "cd"])), Some(6));
    assert_eq!(run(leaving_from_macros(&["ab", "c"])), None);
    said();
    assert_eq!(run(borrowed_where_nothing_waits()), "2 3 0 3 2");
    assert_eq!(run(borrowed_beside_what_waits()), "2 0 3");
    said();
}

#[test]
fn futures_can_be_sent() {
    assert_eq!(run(order::is_send_and_static()), 3 + 4 + 2);
    order::said();
}
