//! `serial_test`: the vimage is made and destroyed while the test has its turn, if its attribute is above.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use harnesses::Fixture;
use serial_test::serial;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

fn alone() {
    assert_eq!(RUNNING.fetch_add(1, SeqCst), 0, "another one runs");
    std::thread::yield_now();
    Fixture::new().check();
    RUNNING.fetch_sub(1, SeqCst);
}

#[vimage::test]
#[serial]
fn above() {
    alone();
}

#[serial]
#[vimage::test]
fn below() {
    alone();
}
