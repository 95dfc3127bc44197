//! The module on top of a diamond of crates.

use vimage::prelude::*;

#[vnet_module(depends_on = ["right", diamond_left::left])]
pub mod a_top {
    //! Its name sorts first, so that only its dependencies put it last.

    use diamond_ground::ground::log;
    use vimage::prelude::*;

    // Named nowhere else, and so not linked otherwise.
    use diamond_right as _;

    #[attach]
    fn iattach() {
        log("attach top");
    }

    #[detach]
    fn idetach() {
        log("detach top");
    }
}
