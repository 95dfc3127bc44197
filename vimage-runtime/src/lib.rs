//! Code written with globals, run as N independent instances in one process.

mod access;
mod arguments;
mod boot;
mod class;
mod class_state;
mod context;
pub mod debug;
mod failure;
mod held;
mod holders;
mod instance;
mod late;
mod local_key;
pub mod module;
mod order;
mod registry;
mod storage;
mod sync;
mod trace;
mod vimage;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use access::{InClass, Virtualized};
pub use arguments::Arguments;
pub use boot::{BootError, boot};
pub use class::{Class, Cpu, Net, NoContext, Procg};
pub use failure::{TeardownFailure, set_failure_handler};
pub use held::Held;
pub use instance::{
    AttachError, Builder, CreateError, DestroyError, Holders, Instance, List, ShutdownError, State, WeakInstance,
};
pub use local_key::LocalKey;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use storage::{UseInVirtualizedCode, kind};
pub use vimage::{Vimage, VimageBuilder, VimageDestroyError};

pub use vimage_macros::{attach, class, detach, shared, virtualized};
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
    pub use crate::{Vcpu, Vimage, Virtualized, Vnet, Vprocg, attach, detach, shared, virtualized};
    pub use vimage_macros::{vcpu_module, vimage_module, vnet_module, vprocg_module};
}
