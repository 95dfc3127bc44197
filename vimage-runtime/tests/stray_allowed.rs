//! A binary with `#[vimage::test]`s in which all threads without a context may use base instances.

use std::thread;

vimage::allow_base_in_tests!();

#[vimage::module]
mod app {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use vimage::prelude::*;

    #[virtualized]
    static REQUESTS: AtomicU64 = AtomicU64::new(0);

    pub fn request() -> u64 {
        V_REQUESTS.fetch_add(1, SeqCst) + 1
    }
}

#[vimage::test]
fn a_thread_falls_back_on_the_base_instance() {
    let first = thread::spawn(app::request).join().unwrap();
    let second = thread::spawn(app::request).join().unwrap();
    assert!(second > first, "both are in one instance");
    assert!(app::request() == 1 || !cfg!(feature = "vimage"), "the test is in another one");
}

#[test]
fn a_plain_test_does() {
    assert!(app::request() < app::request());
}
