//! The loopback interface, which foo wants to be there first.

vimage::virtualize! {
    class = Net, name = "loif";

    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use vimage::prelude::*;

    /// Whether the loopback interface of this network is up: 0 or 1.
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

    /// Whether there is a loopback interface to send through.
    pub fn loif_is_up() -> bool {
        V_LOIF_UP.load(Relaxed) == 1
    }
}
