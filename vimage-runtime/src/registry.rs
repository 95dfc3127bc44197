//! What the linker or the constructors collected.

use crate::class::ClassEntry;
use crate::module::{HookEntry, ModuleEntry};
use crate::storage::PartEntry;

/// One registered thing.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A class.
    Class(&'static ClassEntry),
    /// A module of a class.
    Module(&'static ModuleEntry),
    /// The variables of one scope of a module.
    Part(&'static PartEntry),
    /// One hook of a module.
    Hook(&'static HookEntry),
}

#[cfg(not(any(feature = "linkme", feature = "inventory")))]
compile_error!(
    "vimage-runtime needs a way to collect modules: enable its feature `linkme` (on by default) or `inventory`"
);

#[cfg(not(feature = "inventory"))]
mod backend {
    use super::Entry;

    /// All entries of the program, in link order.
    #[cfg(feature = "linkme")]
    #[linkme::distributed_slice]
    pub static ENTRIES: [Entry];

    /// Adds one entry to [`ENTRIES`].
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:expr) => {
            const _: () = {
                #[$crate::__private::linkme::distributed_slice($crate::__private::ENTRIES)]
                #[linkme(crate = $crate::__private::linkme)]
                static __VIMAGE_ENTRY: $crate::__private::Entry = $entry;
            };
        };
    }

    #[cfg(feature = "linkme")]
    pub(crate) fn collected() -> Vec<Entry> {
        ENTRIES.to_vec()
    }
    #[cfg(not(feature = "linkme"))]
    pub(crate) fn collected() -> Vec<Entry> {
        Vec::new()
    }
}

#[cfg(feature = "inventory")]
mod backend {
    use super::Entry;

    inventory::collect!(Entry);

    /// Submits one entry.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:expr) => {
            $crate::__private::inventory::submit! { $entry }
        };
    }

    pub(crate) fn collected() -> Vec<Entry> {
        inventory::iter::<Entry>.into_iter().copied().collect()
    }
}

#[cfg(all(feature = "linkme", not(feature = "inventory")))]
#[doc(hidden)]
pub use backend::ENTRIES;
pub(crate) use backend::collected;
