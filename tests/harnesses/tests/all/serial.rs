//! `serial_test`: the vimage is made and destroyed while the test has its turn, if its attribute is above.
//!
//! The two orders have keys of their own. Builds without instances run one test at a time: a test that waits for its turn
//! while it has the key, and one that waits for the key while it has its turn, would wait for each other.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use harnesses::Fixture;
use serial_test::serial;

fn alone(running: &AtomicUsize) {
    assert_eq!(running.fetch_add(1, SeqCst), 0, "another one runs");
    std::thread::yield_now();
    Fixture::new().check();
    running.fetch_sub(1, SeqCst);
}

static ABOVE: AtomicUsize = AtomicUsize::new(0);

#[vimage::test]
#[serial(above)]
fn above() {
    alone(&ABOVE);
}

#[vimage::test]
#[serial(above)]
fn above_too() {
    alone(&ABOVE);
}

static BELOW: AtomicUsize = AtomicUsize::new(0);

#[serial(below)]
#[vimage::test]
fn below() {
    alone(&BELOW);
}

#[serial(below)]
#[vimage::test]
fn below_too() {
    alone(&BELOW);
}
