//! How entries are collected from all crates of the program: by the linker, or by constructors.

#[cfg(not(any(feature = "linkme", feature = "inventory")))]
compile_error!("vimage needs a way to collect modules: enable its feature `linkme` (on by default) or `inventory`");

/// Defines a collection, and the function that returns all of its entries, in link order:
/// `collection! { VIMAGE_ENTRIES: Entry }`.
///
/// The name is that of a section, which other slices of the program must not have. Each entry contains a pointer, because
/// the sections of entries without any are read-only, and mold does not join those with the others.
macro_rules! collection {
    ($slice:ident: $entry:ty) => {
        /// All of them, in link order.
        #[cfg(all(feature = "linkme", not(feature = "inventory")))]
        #[doc(hidden)]
        #[linkme::distributed_slice]
        pub static $slice: [$entry];

        #[cfg(feature = "inventory")]
        inventory::collect!($entry);

        pub(crate) fn collected() -> Vec<$entry> {
            #[cfg(feature = "inventory")]
            return inventory::iter::<$entry>.into_iter().copied().collect();
            #[cfg(all(feature = "linkme", not(feature = "inventory")))]
            return $slice.to_vec();
            #[cfg(not(any(feature = "linkme", feature = "inventory")))]
            Vec::new()
        }
    };
}
pub(crate) use collection;

/// Adds one entry to a collection: `register!(VIMAGE_ENTRIES: Entry = Entry::Class(&CLASS))`.
#[cfg(not(feature = "inventory"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($slice:ident: $entry:ty = $value:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::$slice)]
            #[linkme(crate = $crate::__private::linkme)]
            static __VIMAGE_ENTRY: $entry = $value;
        };
    };
}

/// Adds one entry to a collection: `register!(VIMAGE_ENTRIES: Entry = Entry::Class(&CLASS))`.
#[cfg(feature = "inventory")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($slice:ident: $entry:ty = $value:expr) => {
        $crate::__private::inventory::submit! { $value }
    };
}
