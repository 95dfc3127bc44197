//! The side that names what it depends on by path.

use vimage::prelude::*;

#[vnet_module(depends_on = diamond_ground::ground)]
pub mod left {
    //! The left side.

    use diamond_ground::ground::{V_ATTACHED, log};
    use std::sync::atomic::Ordering::Relaxed;
    use vimage::prelude::*;

    #[attach]
    fn iattach() {
        assert_eq!(V_ATTACHED.load(Relaxed), 1, "only what it depends on is there");
        log("attach left");
    }

    #[detach]
    fn idetach() {
        log("detach left");
    }
}
