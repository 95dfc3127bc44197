//! Instances and all that their lives are made of: the memory, the handles, what is current, the hooks, the end.

pub(crate) mod added;
pub(crate) mod block;
pub(crate) mod class_state;
pub(crate) mod context;
pub(crate) mod count;
pub(crate) mod create;
pub(crate) mod dynamic;
pub(crate) mod handle;
pub(crate) mod header;
pub(crate) mod holders;
pub(crate) mod hooks;
pub(crate) mod index;
pub(crate) mod instance_of;
pub(crate) mod observers;
pub(crate) mod phase;
pub(crate) mod slot;
pub(crate) mod teardown;
pub(crate) mod tree;

pub(crate) use class_state::ClassState;
pub(crate) use handle::Handle;
pub(crate) use header::Header;
pub(crate) use instance_of::sealed::Sealed;
pub use instance_of::{HasInstances, InstanceOf};
pub(crate) use phase::Phase;
