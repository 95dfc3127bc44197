//! Code written with globals, run as N independent instances in one process.
//!
//! Annotate a module, put `V_` in front of its variables, and run it as often as you like:
//!
//! ```
//! use vimage::prelude::*;
//!
//! #[vnet_module]
//! mod foo {
//!     use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//!     use vimage::prelude::*;
//!
//!     #[virtualized]
//!     static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);
//!
//!     pub fn foo_work() -> u64 {
//!         V_FOO_COUNTER.fetch_add(1, Relaxed) + 1
//!     }
//! }
//!
//! let base = vimage::boot()?;
//! base.enter(foo::foo_work);
//! if let Ok(red) = Vnet::new() {
//!     assert_eq!(red.enter(foo::foo_work), 1);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! - To declare: [`#[vnet_module]`](prelude::vnet_module) and its siblings, [`virtualized`], [`shared`], [`attach`],
//!   [`quiesce`], [`detach`], [`class!`](class!).
//! - To reach a variable: its name in virtualized code, [`Virtualized`] elsewhere, [`Held`] for longer.
//! - To run: [`boot`](fn@boot), [`Instance`] ([`Vnet`], [`Vcpu`], [`Vprocg`]), [`Vimage`].
//! - When something goes wrong: [`debug`], [`events`], [`set_failure_handler`].
//!
//! # Features
//!
//! | feature | what it does |
//! |---|---|
//! | `vimage` | instances: each virtualized static becomes a field of a struct per instance |
//! | `static-struct` | the variables of a scope become the fields of one static; `vimage` wins over it |
//! | `linkme` (default) | collects the modules through linker sections |
//! | `inventory` | collects them through constructors, libraries that are loaded later included; wins over `linkme` |
//! | `invariants` | remembers who holds instances and where contexts were entered, for errors and [`debug`] |
//! | `serde` | sysctls and their values are `Serialize` |
//! | `inspect` | the server for tools such as `vimagectl`, on Unix; implies `serde` |
//!
//! Without `vimage` and `static-struct` a virtualized static is a static.

mod boot;
mod carry;
mod contexts;
mod core;
mod current;
pub mod debug;
mod error;
pub mod events;
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

pub use carry::{BindError, BindFn, Bound, Enter, Movable, MoveError, Refused, Transfer};
#[doc(inline)]
pub use carry::{future, thread};
pub use contexts::{Contexts, WeakContexts, isolated};
pub use core::{HasInstances, InstanceOf};
pub use error::{AttachError, BootError, Holders, ShutdownError, TeardownFailure};
pub use failure::set_failure_handler;
pub use instance::{Builder, CreateError, DestroyError, Instance, List, State, WeakInstance};
pub use macros::{
    attach, class, detach, main, module, quiesce, shared, test, vcpu_module, virtualize, virtualized, vnet_module,
    vprocg_module,
};

pub use registry::{Arguments, Class, Cpu, Net, NoContext, Procg, Program};
pub use storage::{Held, LocalKey, Virtualized};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use storage::{UseInVirtualizedCode, kind};
pub use vimage::{Vimage, VimageBuilder, VimageDestroyError};

/// Lays out all modules, makes the base instance of each class and runs its attach hooks; returns the base
/// vimage.
///
/// It happens once per process; a later call returns the same. [`Instance::new`](crate::Instance::new),
/// [`Instance::base`](crate::Instance::base) and [`Instance::list`](crate::Instance::list) imply it. Threads that
/// call it meanwhile wait for the one that boots, so that a hook of a base instance must not wait for a thread that
/// does.
///
/// In builds without instances it runs the attach hooks for the process itself.
///
/// # Errors
///
/// [`BootError`] for dependencies that are missing, ambiguous or cyclic, and for an attach hook that failed: then
/// what was attached has been detached. The error is kept, and returned again by each later call.
pub fn boot() -> Result<Vimage, BootError> {
    Vimage::base()
}

/// An instance of the class [`Net`].
pub type Vnet = Instance<Net>;
/// An instance of the class [`Cpu`].
pub type Vcpu = Instance<Cpu>;
/// An instance of the class [`Procg`].
pub type Vprocg = Instance<Procg>;

/// The classes of FreeBSD's VIMAGE, and the names of their instances.
pub mod kernel {
    pub use crate::registry::{Cpu, Net, Procg};
    #[doc(inline)]
    pub use crate::{Vcpu, Vnet, Vprocg};
}

/// What most code needs: `use vimage::prelude::*;`.
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

/// The examples of the documents are tested with those of the library.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../PORTING.md")]
    struct Porting;
}
