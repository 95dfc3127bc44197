//! Run code that keeps its state in globals as many independent instances in one process.
//!
//! A `static` exists once per process. Under [`#[virtualized]`](macro@virtualized) it has one value per instance, and its
//! name gets the prefix `V_`. Code runs in the instance that was entered, or in the base instance, which always exists:
//!
//! ```
//! #[vimage::module]
//! mod counter {
//!     use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//!     use vimage::prelude::*;
//!
//!     #[virtualized]
//!     static HITS: AtomicU32 = AtomicU32::new(0);
//!     pub fn hit() -> u32 { V_HITS.fetch_add(1, Relaxed) + 1 }
//! }
//! assert_eq!(counter::hit(), 1); // in the base instance
//! # #[cfg(feature = "vimage")] {
//! let red = vimage::Vimage::new()?;
//! assert_eq!(red.enter(counter::hit), 1); // in an instance of its own
//! # }
//! # Ok::<(), vimage::CreateError>(())
//! ```
//!
//! Instances need the feature `vimage`. Without it the same source compiles to plain statics, at no cost.
//!
//! # A tour
//!
//! **Annotate.** [`#[vimage::module]`](macro@module) on an inline `mod`, or [`virtualize!`] around the items of a file.
//! Inside, each static that can change is [`#[virtualized]`](macro@virtualized) or [`#[shared]`](macro@shared). One
//! without a decision does not compile:
//!
//! ```compile_fail
//! #[vimage::module]
//! mod cache {
//!     static ENTRIES: std::sync::Mutex<Vec<u32>> = std::sync::Mutex::new(Vec::new());
//! }
//! # fn main() {}
//! ```
//!
//! **Make and destroy instances.** [`Vimage`] is one instance of everything. With a class of your own, from [`class!`],
//! [`Instance`] is one of a part of the program. [`attach`](macro@attach), [`quiesce`](macro@quiesce) and
//! [`detach`](macro@detach) functions run for each:
//!
//! ```
//! #[vimage::module]
//! mod greeter {
//!     use std::sync::OnceLock;
//!     use vimage::prelude::*;
//!
//!     #[virtualized]
//!     static GREETING: OnceLock<String> = OnceLock::new();
//!
//!     #[attach]
//!     fn start(arguments: &vimage::Arguments) {
//!         _ = V_GREETING.set(arguments.get().cloned().unwrap_or_else(|| "hello".to_owned()));
//!     }
//!
//!     pub fn greet() -> String {
//!         V_GREETING.get().unwrap().clone()
//!     }
//! }
//! # #[cfg(feature = "vimage")] {
//! use vimage::Vimage;
//!
//! let red = Vimage::builder().name("red").arg("bonjour".to_owned()).create()?;
//! assert_eq!(red.enter(greeter::greet), "bonjour");
//! red.destroy()?;
//! # }
//! assert_eq!(vimage::boot()?.enter(greeter::greet), "hello"); // the base instance is attached too
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Hand instances on.** Threads, tasks and callbacks are given theirs: [`thread::spawn`] inherits,
//! [`Instance::bind`] and [`Contexts`] bind closures, [`within`](future::FutureExt::within) binds futures:
//!
//! ```
//! use vimage::prelude::*;
//!
//! let base = vimage::boot()?;
//! let job = base.bind(|| Vimage::current().is_some());
//! assert!(std::thread::spawn(job).join().unwrap());
//! # Ok::<(), vimage::BootError>(())
//! ```
//!
//! **Test.** Each [`#[vimage::test]`](macro@test) has an instance of everything, and all run in parallel.
//!
//! # Where to go next
//!
//! | to | see |
//! |---|---|
//! | use a variable in code that is not annotated | [`Virtualized`]: `V_HITS.with_current(…)`, `V_HITS.of(&red)`; [`Held`] |
//! | keep values in an instance, lend them, send them | [`Bound`], [`Movable`], [`link`] |
//! | keep nothing alive: timers, workers | [`WeakInstance`], [`WeakContexts`], [`thread::spawn_weak`] |
//! | start a program | [`#[vimage::main]`](macro@main), [`boot`](fn@boot), [`BootOptions`] |
//! | name variables for administrators and tools | [`sysctl`], [`symmap`], `inspect` |
//! | register modules at run time | [`mod@module`] |
//! | find mistakes | [`debug`], [`events`], [`set_failure_handler`] |
//! | port FreeBSD code | [`kernel`] |
//!
//! The repository has a book, in `docs`: porting, and a chapter for each use.
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `vimage` | instances: a virtualized static is a field of a struct in each instance |
//! | `static-struct` | a virtualized static is a field of one static struct per scope; `vimage` wins over it |
//! | `linkme` (default) | modules are collected through linker sections |
//! | `inventory` | modules are collected through constructors, also those of libraries that are loaded later; wins over `linkme` |
//! | `invariants` | errors and [`debug`] show where handles were made and where contexts were entered |
//! | `serde` | sysctls and their values are `Serialize` |
//! | `inspect` | the introspection server for tools such as `vimagectl`, on Unix; implies `serde` |

// docs.rs labels what needs a feature.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod boot;
mod carry;
mod contexts;
mod core;
mod current;
pub mod debug;
mod error;
pub mod events;
mod export;
mod failure;
#[cfg(all(feature = "inspect", unix))]
pub mod inspect;
mod instance;
mod layout;
pub mod link;
mod macros;
#[cfg(all(test, vimage_shuttle))]
mod models;
pub mod module;
mod names;
mod publish;
mod registry;
mod storage;
mod stray;
pub mod symmap;
mod sync;
pub mod sysctl;
mod testing;
mod vimage;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use carry::{BindError, BindFn, BindRefused, Bound, Enter, Movable, MoveError, Transfer};
#[doc(inline)]
pub use carry::{future, thread};
pub use contexts::{Contexts, WeakContexts, isolated};
pub use core::{HasInstances, InstanceOf};
pub use error::{AttachError, BootError, Holders, ShutdownError, TeardownFailure};
pub use failure::set_failure_handler;
pub use instance::{CreateError, DestroyError, Instance, InstanceBuilder, InstanceState, Instances, WeakInstance};
#[doc(inline)]
pub use macros::{
    attach, class, detach, main, module, quiesce, shared, test, vcpu_module, virtualize, virtualized, vnet_module,
    vprocg_module,
};

pub use registry::{Arguments, Class, Program};
pub use storage::{Held, LocalKey, Virtualized};
pub use vimage::{Vimage, VimageBuilder, VimageDestroyError};

/// Lays out all modules, makes the base instance of each class, runs its attach hooks, and returns the base vimage.
///
/// It does so once per process; a later call returns the same vimage. Whatever needs instances boots by itself, such as
/// [`Vimage::new`], [`Instance::base`] and [`Instance::list`]. If another thread is booting, the call waits for it: a hook of
/// a base instance must not wait for a thread that boots.
///
/// In builds without instances it runs the attach hooks for the process.
///
/// # Errors
///
/// [`BootError`] if a dependency is missing, ambiguous or cyclic, or if an attach hook fails: then the hooks that had run are
/// undone. The error is kept; each later call returns it again.
///
/// # Example
///
/// ```
/// let base = vimage::boot()?;
/// base.enter(|| assert!(vimage::Vimage::current().is_some()));
/// # Ok::<(), vimage::BootError>(())
/// ```
pub fn boot() -> Result<Vimage, BootError> {
    Vimage::base()
}

/// Boots with options; [`boot`](fn@boot) is the same without any.
///
/// ```
/// let base = vimage::BootOptions::new().reserve(4096).boot()?;
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before `boot`"]
pub struct BootOptions {
    reserve: Option<usize>,
}

impl BootOptions {
    /// Starts with the options that [`boot`](fn@boot) uses.
    ///
    /// ```
    /// vimage::BootOptions::new().boot()?; // as `vimage::boot()`
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps this many bytes at the end of each instance for modules that are not linked into the program but loaded at
    /// run time; 256 without this. Modules with `register = "manual"` have room whatever this is.
    ///
    /// ```
    /// vimage::BootOptions::new().reserve(4096).boot()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reserve(mut self, bytes: usize) -> Self {
        self.reserve = Some(bytes);
        self
    }

    /// Boots, as [`boot`](fn@boot).
    ///
    /// # Errors
    ///
    /// [`BootError::AlreadyBooted`] if that has happened, or begun, and options were given; otherwise as
    /// [`boot`](fn@boot).
    ///
    /// ```
    /// vimage::BootOptions::new().reserve(4096).boot()?;
    /// assert!(vimage::BootOptions::new().reserve(8192).boot().is_err()); // too late
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn boot(self) -> Result<Vimage, BootError> {
        self.reserve.map_or(Ok(()), boot::with_reserve)?;
        Vimage::base()
    }
}

/// The classes of FreeBSD's VIMAGE, and the names of their instances; part of the [prelude].
///
/// ```
/// use vimage::kernel::{Net, Vnet};
///
/// let base = vimage::boot()?;
/// assert_eq!(base.instance::<Net>(), Vnet::base()?);
/// # Ok::<(), vimage::BootError>(())
/// ```
pub mod kernel {
    use crate::Instance;
    pub use crate::registry::{Cpu, Net, Procg};

    /// An instance of the class [`Net`].
    ///
    /// ```
    /// assert!(vimage::kernel::Vnet::base()?.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub type Vnet = Instance<Net>;
    /// An instance of the class [`Cpu`].
    ///
    /// ```
    /// assert!(vimage::kernel::Vcpu::base()?.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub type Vcpu = Instance<Cpu>;
    /// An instance of the class [`Procg`].
    ///
    /// ```
    /// assert!(vimage::kernel::Vprocg::base()?.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub type Vprocg = Instance<Procg>;
}

/// The names that most code needs.
///
/// ```
/// use vimage::prelude::*;
///
/// #[vnet_module]
/// mod network {}
///
/// assert!(Vnet::base()?.is_base());
/// # Ok::<(), vimage::BootError>(())
/// ```
pub mod prelude {
    #[doc(no_inline)]
    pub use crate::BindFn as _;
    #[doc(no_inline)]
    pub use crate::future::FutureExt as _;
    #[doc(no_inline)]
    pub use crate::kernel::{Cpu, Net, Procg, Vcpu, Vnet, Vprocg};
    #[doc(no_inline)]
    pub use crate::{Vimage, Virtualized};
    #[doc(no_inline)]
    pub use crate::{attach, detach, quiesce, shared, vcpu_module, virtualized, vnet_module, vprocg_module};
}
