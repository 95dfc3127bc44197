//! All contexts of a thread: held, without a handle, or left.

mod counted;
mod weak;

pub use counted::{Contexts, isolated};
pub use weak::WeakContexts;
