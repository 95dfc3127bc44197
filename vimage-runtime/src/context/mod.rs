//! Which instance of each class is current on this thread: one implementation per kind of build.

pub(crate) mod stack;

#[cfg(feature = "vimage")]
mod instances;
#[cfg(feature = "vimage")]
pub use instances::{ClassContext, Context};
#[cfg(feature = "vimage")]
pub(crate) use instances::{adopt_base, bar_all, current, enter, enter_each, enter_entry, leave_all};

#[cfg(not(feature = "vimage"))]
mod single;
#[cfg(not(feature = "vimage"))]
pub use single::ClassContext;
#[cfg(not(feature = "vimage"))]
pub(crate) use single::{bar_all, current, enter, enter_each, enter_entry, leave_all};
