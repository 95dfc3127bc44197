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
//! - When something goes wrong: [`debug`], [`set_failure_handler`].
//!
//! # Features
//!
//! `vimage` makes instances; `static-struct` puts the variables of a scope into one static; without either, a virtualized
//! static is a static. `linkme` (default) or `inventory` collects the modules. `invariants` remembers who holds
//! instances and where contexts were entered. `tracing` has events.

mod access;
mod arguments;
mod bind;
mod boot;
mod bound;
mod carry;
mod class;
mod class_state;
mod context;
pub mod debug;
mod declare;
mod failure;
pub mod future;
mod held;
mod holders;
mod instance;
mod late;
pub mod link;
mod local_key;
pub mod module;
mod movable;
#[cfg(all(test, vimage_shuttle))]
mod models;
mod order;
mod registry;
mod storage;
mod sync;
mod test_support;
pub mod thread;
mod trace;
mod vimage;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use access::{InClass, Virtualized};
pub use arguments::Arguments;
pub use boot::{BootError, boot};
pub use bound::{BindError, Bound, Refused};
pub use carry::Enter;
pub use class::{Class, Cpu, Net, NoContext, Procg};
pub use context::{Contexts, isolated};
pub use failure::{TeardownFailure, set_failure_handler};
pub use held::Held;
pub use instance::{
    AttachError, Builder, CreateError, DestroyError, Holders, Instance, List, ShutdownError, State, WeakInstance,
};
pub use local_key::LocalKey;
pub use movable::{Movable, MoveError, Transfer};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use storage::{UseInVirtualizedCode, kind};
pub use vimage::{Vimage, VimageBuilder, VimageDestroyError};

pub use vimage_macros::{attach, class, detach, main, quiesce, shared, test, virtualized};
// One name cannot be both in one module: in the root these are the macros around the contents of a file, in the
// prelude the attributes.
pub use vimage_macros::{
    vcpu_file as vcpu_module, vimage_file as vimage_module, vnet_file as vnet_module, vprocg_file as vprocg_module,
};

/// An instance of the class [`Net`].
pub type Vnet = Instance<Net>;
/// An instance of the class [`Cpu`].
pub type Vcpu = Instance<Cpu>;
/// An instance of the class [`Procg`].
pub type Vprocg = Instance<Procg>;

/// What most code needs: `use vimage::prelude::*;`.
pub mod prelude {
    #[doc(no_inline)]
    pub use crate::future::FutureExt as _;
    #[doc(no_inline)]
    pub use crate::{Vcpu, Vimage, Virtualized, Vnet, Vprocg, attach, detach, quiesce, shared, virtualized};
    pub use vimage_macros::{vcpu_module, vimage_module, vnet_module, vprocg_module};
}

/// The examples of the documents are tested with those of the library.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../PORTING.md")]
    struct Porting;
}
