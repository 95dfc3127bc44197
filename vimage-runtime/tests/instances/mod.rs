//! Instances for tests.

use vimage::Vnet;

/// Runs a test in the base instance and in two fresh ones. What one leaves behind would fail the next.
pub(crate) fn in_each_instance(test: impl Fn()) {
    vimage::boot().unwrap().enter(&test);
    for vnet in [Vnet::new(), Vnet::new()].into_iter().flatten() {
        vnet.enter(&test);
    }
}
