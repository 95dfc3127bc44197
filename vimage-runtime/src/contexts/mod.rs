//! Everything that is current on a thread, to be current elsewhere.

mod captured;
mod weak;

pub use captured::{Contexts, isolated};
pub use weak::WeakContexts;
