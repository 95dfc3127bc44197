//! Instances for tests.

use std::sync::{Mutex, PoisonError};

use vimage::Vnet;

/// Runs a test in the base instance and in two fresh ones. What one leaves behind would fail the next.
pub(crate) fn in_each_instance(test: impl Fn()) {
    // The tests of a file share their variables in the base instance.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    vimage::boot().unwrap().enter(&test);
    for vnet in [Vnet::new(), Vnet::new()].into_iter().flatten() {
        vnet.enter(&test);
    }
}
