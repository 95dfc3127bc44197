//! Instances and their handles, as users see them.

mod builder;
mod destroy;
mod handle;
mod list;
mod weak;

pub use crate::core::phase::InstanceState;
pub use builder::{CreateError, InstanceBuilder};
pub(crate) use builder::{Tunables, create};
pub use destroy::DestroyError;
pub use handle::Instance;
pub use list::Instances;
pub use weak::WeakInstance;
