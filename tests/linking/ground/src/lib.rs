//! The module that all others depend on, and a log of what the hooks of all modules did.

use std::sync::Mutex;

use vimage::prelude::*;

/// The hooks that have run.
pub static LOG: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Takes what was logged, sorted.
pub fn logged() -> Vec<&'static str> {
    let mut log = std::mem::take(&mut *LOG.lock().unwrap());
    log.sort_unstable();
    log
}

/// Logs that a hook has run.
pub fn log(what: &'static str) {
    LOG.lock().unwrap().push(what);
}

#[vnet_module]
pub mod ground {
    //! The module that the others depend on.

    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("ground.work", rw), symmap)]
    static WORK: AtomicU64 = AtomicU64::new(7);

    #[attach]
    fn iattach() {
        crate::log("attach ground");
    }

    pub fn work() -> u64 {
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

/// A hook and a variable far from their module: in another object file, if there is one for each Rust module.
pub mod far {
    use std::cell::Cell;
    use std::sync::Mutex;
    use vimage::prelude::*;

    /// Logs when it is dropped.
    pub struct Logs(Cell<bool>);

    impl Drop for Logs {
        fn drop(&mut self) {
            crate::log("drop far");
        }
    }

    #[virtualized(in = crate::ground)]
    pub static LOGS: Mutex<Logs> = Mutex::new(Logs(Cell::new(false)));

    #[detach(in = crate::ground)]
    fn idetach() {
        V_LOGS.lock().unwrap().0.set(true);
        crate::log("detach ground");
    }
}
