//! The loopback interface, which foo depends on.

vimage::virtualize! {
    class = Net, name = "loif";

    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use vimage::prelude::*;

    /// The loopback interface of this network is up: 0 or 1.
    #[virtualized]
    static LOIF_UP: AtomicU32 = AtomicU32::new(0);

    #[attach]
    fn loif_iattach() {
        V_LOIF_UP.store(1, Relaxed);
    }

    #[detach]
    fn loif_idetach() {
        V_LOIF_UP.store(0, Relaxed);
    }

    /// Returns whether the loopback interface is up.
    pub fn loif_is_up() -> bool {
        V_LOIF_UP.load(Relaxed) == 1
    }
}
