//! Instances for tests.

use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vimage::{
    WeakInstance,
    kernel::{Net, Vnet},
};

/// A fresh instance, or the base instance in builds that have no other.
pub(crate) fn vnet() -> Vnet {
    if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
}

/// The id of the current instance.
pub(crate) fn current() -> Option<u64> {
    Vnet::current().map(|vnet| vnet.id())
}

/// Waits for the other tests of the file that take turns, because they look at what is global.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test in the base instance and in two fresh ones. What one leaves behind would fail the next.
pub(crate) fn in_each_instance(test: impl Fn()) {
    // The tests of a file share their variables in the base instance.
    let _turn = turn();
    vimage::boot().unwrap().enter(&test);
    for vnet in [Vnet::new(), Vnet::new()].into_iter().flatten() {
        vnet.enter(&test);
    }
}

/// True if the instance is destroyed.
pub(crate) fn is_gone(weak: WeakInstance<Net>) -> bool {
    Vnet::by_id(weak.id()).unwrap().is_none()
}

/// Longer than anything here takes, also under valgrind on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

/// Waits for what another thread is about to do; panics if it does not happen.
#[track_caller]
pub(crate) fn wait_until(happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < LONGEST, "it does not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Panics if `f` takes for ever, which a deadlock does.
pub(crate) fn in_time(f: impl FnOnce() + Send + 'static) {
    let (send, done) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        f();
        send.send(()).unwrap();
    });
    match done.recv_timeout(LONGEST) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a deadlock"),
        _ => thread.join().unwrap(),
    }
}
