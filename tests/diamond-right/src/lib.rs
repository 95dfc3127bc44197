//! The side that names what it depends on by name.

use vimage::prelude::*;

#[vnet_module(depends_on = "ground")]
pub mod right {
    //! The right side.

    use diamond_ground::ground::log;
    use vimage::prelude::*;

    #[attach]
    fn iattach() {
        log("attach right");
    }

    #[detach]
    fn idetach() {
        log("detach right");
    }
}
