//! Modules in crates of their own.

use vimage::prelude::*;

/// Nothing refers to this module, nor to anything in it.
#[vnet_module(depends_on = "ground")]
pub mod aside {
    use vimage::prelude::*;

    #[virtualized]
    static UNUSED: u64 = 1;

    #[attach]
    fn iattach() {
        ground::log(if V_UNUSED == 1 { "attach aside" } else { "attach another aside" });
    }

    #[detach]
    fn idetach() {
        ground::log("detach aside");
    }
}

#[vnet_module(depends_on = ground::ground)]
pub mod used {
    //! This one is used.

    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[quiesce]
    fn iquiesce() {
        ground::log("quiesce used");
    }

    pub fn add(name: &str) -> usize {
        let mut names = V_NAMES.lock().unwrap();
        names.push(name.to_owned());
        names.len()
    }
}

/// A class of a crate of its own, with a module that nothing refers to.
pub mod own {
    vimage::class! {
        /// A class of this crate.
        pub struct Own;
    }

    #[vimage::module(class = crate::own::Own)]
    pub mod owned {
        use vimage::prelude::*;

        #[attach]
        fn attach() {
            ground::log("attach owned");
        }
    }
}

#[cfg(not(target_family = "wasm"))]
/// Slices of a program's own, with the names that come to mind first.
pub mod slices {
    /// Its elements, and no others.
    #[linkme::distributed_slice]
    pub static ENTRIES: [&str];

    #[linkme::distributed_slice(ENTRIES)]
    static ONE: &str = "one";
}
