//! What plain Rust holds across an `.await` is an error, and nothing else: each function here has one, at its `.await`.

#![allow(unused)]

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::collections::HashMap;
    use std::ops::{AddAssign, Deref};
    use std::sync::{LazyLock, Mutex};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static JOBS: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    #[virtualized]
    static TOTALS: Mutex<[Total; 2]> = Mutex::new([Total(0), Total(0)]);
    #[virtualized]
    static POINTER: Pointer = Pointer(AtomicU64::new(0));
    #[virtualized]
    static LAZY: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(0));
    #[virtualized]
    static mut RAW: u64 = 0;
    #[virtualized]
    static TABLE: Table = Table(AtomicU64::new(0));

    struct Total(u64);
    impl AddAssign<u64> for Total {
        fn add_assign(&mut self, other: u64) {
            self.0 += other;
        }
    }

    struct Pointer(AtomicU64);
    impl Deref for Pointer {
        type Target = AtomicU64;
        fn deref(&self) -> &AtomicU64 {
            &self.0
        }
    }

    struct Table(AtomicU64);
    impl std::ops::Index<&str> for Table {
        type Output = AtomicU64;
        fn index(&self, _: &str) -> &AtomicU64 {
            &self.0
        }
    }

    async fn work(n: u64) -> u64 {
        n
    }
    fn two(a: u64, b: u64) {}

    async fn the_scrutinee_of_a_loop() {
        while let Some(job) = V_JOBS.lock().unwrap().pop() {
            work(job).await;
        }
    }

    async fn a_scrutinee() {
        match V_JOBS.lock().unwrap().len() {
            _ => work(1).await,
        };
    }

    async fn a_binding_condition() {
        if let Some(1) = V_JOBS.lock().unwrap().pop() {
            work(1).await;
        }
    }

    async fn an_iterator() {
        for n in 0..V_JOBS.lock().unwrap().len() {
            work(1).await;
        }
    }

    async fn an_operand() -> u64 {
        V_JOBS.lock().unwrap()[0] + work(1).await
    }

    async fn an_argument() {
        two(V_JOBS.lock().unwrap()[0], work(1).await);
    }

    async fn the_argument_of_what_is_awaited() {
        work(V_JOBS.lock().unwrap()[0]).await;
    }

    async fn an_argument_of_a_macro() {
        println!("{} {}", V_JOBS.lock().unwrap().len(), work(1).await);
    }

    async fn an_element_of_a_tuple() {
        let pair = (V_JOBS.lock().unwrap().len(), work(1).await);
    }

    async fn a_receiver() {
        V_JOBS.lock().unwrap().push(work(1).await);
    }

    async fn beside_a_question_mark() -> Option<u64> {
        Some(V_JOBS.lock().unwrap().pop()? + work(1).await)
    }

    async fn under_an_overloaded_operator() {
        V_TOTALS.lock().unwrap()[1] += work(5).await;
    }

    async fn behind_a_smart_pointer() {
        V_POINTER.fetch_add(work(1).await, Relaxed);
    }

    async fn behind_an_overloaded_index() {
        V_TABLE["n"].fetch_add(work(1).await, Relaxed);
    }

    fn handed(lazy: &LazyLock<AtomicU64>, n: u64) {}

    async fn perhaps_behind_a_smart_pointer() {
        handed(&V_LAZY, work(1).await);
    }

    async unsafe fn of_a_static_mut() -> u64 {
        unsafe { V_RAW.wrapping_add(work(1).await) }
    }

    async fn in_a_variable() {
        let jobs = V_JOBS.lock().unwrap();
        work(1).await;
    }

    async fn by_a_closure() {
        let jobs = V_JOBS.lock().unwrap();
        let length = || jobs.len();
        work(1).await;
        length();
    }

    async fn by_a_future() {
        let jobs = V_JOBS.lock().unwrap();
        let length = async { jobs.len() };
        length.await;
    }

    async fn nothing() -> u64 {
        while let Some(job) = {
            let job = V_JOBS.lock().unwrap().pop();
            job
        } {
            work(job).await;
        }
        if V_JOBS.lock().unwrap().is_empty() {
            work(1).await;
        }
        if let Some(1) = V_JOBS.lock().unwrap().pop() {
        } else {
            work(1).await;
        }
        let jobs = V_JOBS.lock().unwrap();
        drop(jobs);
        work(1).await + V_JOBS.lock().unwrap()[0]
    }
}

fn main() {}
