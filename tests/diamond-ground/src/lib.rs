//! The module at the bottom of a dependency diamond, and the log that all of them write.

use std::sync::Mutex;

use vimage::prelude::*;

/// The hooks that have run, in order, with the id of the instance.
pub static LOG: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());

/// Takes what was logged for one instance.
pub fn logged(id: u64) -> Vec<String> {
    let mut log = LOG.lock().unwrap();
    log.extract_if(.., |entry| entry.0 == id).map(|entry| entry.1).collect()
}

#[vnet_module]
pub mod ground {
    //! The module that both sides depend on.

    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    /// The id of this network, for hooks in which it has no handle.
    #[virtualized]
    static ID: AtomicU64 = AtomicU64::new(u64::MAX);

    /// How many modules of this network are attached.
    #[virtualized]
    pub static ATTACHED: AtomicU64 = AtomicU64::new(0);

    /// Logs what happens to the current network.
    pub fn log(what: &str) {
        super::LOG.lock().unwrap().push((V_ID.load(Relaxed), what.to_owned()));
        if what.starts_with("attach") {
            V_ATTACHED.fetch_add(1, Relaxed);
        } else {
            V_ATTACHED.fetch_sub(1, Relaxed);
        }
    }

    #[attach]
    fn iattach() {
        V_ID.store(Vnet::current().unwrap().id(), Relaxed);
        log("attach ground");
    }

    #[detach]
    fn idetach() {
        log("detach ground");
    }
}
