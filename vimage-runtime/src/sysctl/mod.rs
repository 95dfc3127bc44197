//! Named variables: what the kernel calls sysctls.
//!
//! `#[virtualized(sysctl("net.foo.mode", rw))]` gives a variable a name, under which administrators and tools read and
//! set it in each instance; `#[shared(sysctl(…))]` does so for one that all instances share. The name is dotted and
//! in lower case, the description is the doc comment. Options behind the name:
//!
//! | option | meaning |
//! |---|---|
//! | `ro`, `rw` | read only; read and set. One of them is required |
//! | `tunable` | it may be set when an instance is created ([`InstanceBuilder::sysctl`](crate::InstanceBuilder::sysctl)), before the attach hooks run |
//! | `base_only` | only the base instance may set it. The default for shared variables, which `base_only = false` switches off |
//! | `range = 0..=9` | the values that may be set |
//! | `unit = "ms"` | for people |
//! | `handler = path` | a function that is called instead: `fn(&T, Option<D>) -> Result<D, E>`, with `None` to read and with the new value to set. `D` is any [`ValueType`], `E` any error |
//!
//! The types of variables are [`Readable`] and [`Writable`]. A `static mut` needs a handler, which gets a `*mut T`.
//!
//! ```standalone_crate
//! # use vimage::prelude::*;
//! #[vnet_module]
//! mod ether {
//!     use std::sync::atomic::{AtomicBool, AtomicU32};
//!     use vimage::prelude::*;
//!
//!     /// Packets that may wait.
//!     #[virtualized(sysctl("net.ether.queue", rw, tunable, range = 1..=1000, unit = "packets"))]
//!     static ETHER_QUEUE: AtomicU32 = AtomicU32::new(50);
//!
//!     /// One switch for all instances.
//!     #[shared(sysctl("net.ether.debug", rw))]
//!     static ETHER_DEBUG: AtomicBool = AtomicBool::new(false);
//! }
//!
//! let base = vimage::boot()?;
//! vimage::sysctl::of(&base.instance::<vimage::kernel::Net>()).set("net.ether.queue", 100)?;
//! base.enter(|| {
//!     assert_eq!(vimage::sysctl::get_as::<u32>("net.ether.queue").unwrap(), 100);
//!     vimage::sysctl::set("net.ether.queue", "200").unwrap();
//!     let error = vimage::sysctl::set("net.ether.queue", 0).unwrap_err();
//!     assert_eq!(error.to_string(), "`net.ether.queue`: 0 is not in the range of 1..=1000");
//!     let names: Vec<_> = vimage::sysctl::list("net.ether").unwrap().into_iter().map(|found| found.name).collect();
//!     assert_eq!(names, ["net.ether.debug", "net.ether.queue"]);
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In each build
//!
//! The names, types and answers are the same. Without instances there is only the base one, and its variables are the
//! statics.
//!
//! # Which instance
//!
//! The functions here use the current instance of the variable's class; those of [`of`] use a given instance or vimage.
//! Reading, setting and handlers run in that instance. A shared variable needs no instance.
//!
//! # Often
//!
//! A name is looked up in a hash table each time. [`key`](fn@key) does that once: a [`Key`] reads and sets at about the
//! cost of the variable.
//!
//! # Waiting
//!
//! Reading and setting wait for the lock of a `Mutex` or `RwLock`, as the program itself does. A thread that holds the lock
//! and reads the sysctl deadlocks. Where that must not happen, as in a server, [`View::with_deadline`] bounds the wait.
//!
//! # Modules that come and go
//!
//! A name exists while its module is registered. [`unregister`](crate::module::unregister) is `unsafe` because no code
//! may use the module's variables meanwhile, and reading a sysctl is such a use.

mod entry;
mod error;
mod key;
mod listing;
#[cfg(all(test, vimage_shuttle))]
mod models;
mod seen;
mod text;
mod value;
mod variable;
mod view;

#[doc(inline)]
pub use crate::__by_text as by_text;
pub use entry::SysctlEntry;
#[cfg(all(feature = "linkme", not(feature = "inventory")))]
#[doc(hidden)]
pub use entry::VIMAGE_SYSCTLS;
pub(crate) use entry::all;
#[doc(hidden)]
pub use entry::{Fault, Handled, Raw, ReadOnly, ReadWrite, Reference, within};
pub use error::Error;
pub use key::{Key, KeyOf};
pub use listing::{Description, Listed, Tree};
#[doc(hidden)]
pub use text::{HasText, Text, Textless, Unread, Wordless, assert_has_text};
pub use value::{Kind, Mismatch, Value, ValueType};
pub use variable::{Busy, Readable, Writable};
#[cfg(all(feature = "inspect", unix))]
pub(crate) use view::Found;
pub use view::{View, of};
pub(crate) use view::{check_tunables, tune};

/// Reads a sysctl in the current instance.
///
/// # Errors
///
/// As [`View::get`]; [`Error::NoInstance`] where no instance of the variable's class is current.
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_get.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// assert_eq!(vimage::sysctl::get("fn_get.cache.size")?.to_string(), "100");
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn get(name: &str) -> Result<Value, Error> {
    View::CURRENT.get(name)
}

/// Reads a sysctl in the current instance, as a Rust type.
///
/// # Errors
///
/// As [`get`]; [`Error::WrongType`] or [`Error::OutOfRange`] if the value does not convert to `T`.
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_get_as.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// assert_eq!(vimage::sysctl::get_as::<u32>("fn_get_as.cache.size")?, 100);
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn get_as<T: ValueType>(name: &str) -> Result<T, Error> {
    View::CURRENT.get_as(name)
}

/// Sets a sysctl in the current instance, from a value or from its text.
///
/// # Errors
///
/// As [`View::set`]; [`Error::NoInstance`] where no instance of the variable's class is current.
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_set.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// vimage::sysctl::set("fn_set.cache.size", 200)?;
/// vimage::sysctl::set("fn_set.cache.size", "200")?;
/// assert_eq!(vimage::sysctl::get_as::<u32>("fn_set.cache.size")?, 200);
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn set(name: &str, value: impl Into<Value>) -> Result<(), Error> {
    View::CURRENT.set(name, value)
}

/// Looks up a sysctl once, for repeated use. `T` is the type of the values that are read and set.
///
/// # Errors
///
/// [`Error::Unknown`], [`Error::Ambiguous`], [`Error::Boot`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_key.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// let size = vimage::sysctl::key::<u32>("fn_key.cache.size")?;
/// for n in 1..=3 {
///     size.set(n)?;
///     assert_eq!(size.get()?, n);
/// }
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn key<T: ValueType + 'static>(name: &str) -> Result<Key<T>, Error> {
    View::CURRENT.key(name)
}

/// Lists the sysctls below a prefix with their values in the current instance, sorted by name. The prefix `net.inet`
/// covers `net.inet` and `net.inet.ip.ttl`, not `net.inet6`; the empty prefix covers all.
///
/// # Errors
///
/// [`Error::Boot`]. The error of a single sysctl is in its [`Listed::value`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_list.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// let found = vimage::sysctl::list("fn_list.cache")?;
/// assert_eq!(found[0].name, "fn_list.cache.size");
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn list(prefix: &str) -> Result<Vec<Listed>, Error> {
    View::CURRENT.list(prefix)
}

/// As [`list`], as a tree by the segments of the names. With the feature `serde` it can be serialized.
///
/// # Errors
///
/// [`Error::Boot`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_tree.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// let tree = vimage::sysctl::tree("fn_tree.cache")?;
/// println!("{tree:?}");
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn tree(prefix: &str) -> Result<Tree, Error> {
    View::CURRENT.tree(prefix)
}

/// Describes a sysctl: everything but its value.
///
/// # Errors
///
/// [`Error::Unknown`], [`Error::Ambiguous`], [`Error::Boot`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     /// How many entries are kept.
/// #     #[virtualized(sysctl("fn_describe.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// let description = vimage::sysctl::describe("fn_describe.cache.size")?;
/// assert_eq!(description.text, "How many entries are kept.");
/// # Ok::<(), vimage::sysctl::Error>(())
/// ```
pub fn describe(name: &str) -> Result<Description, Error> {
    View::CURRENT.describe(name)
}
