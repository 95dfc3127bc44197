//! Which instance of each class is current on this thread: one implementation per kind of build.

pub(crate) mod stack;

mod captured;
pub(crate) use captured::Captured;
pub use captured::{Contexts, isolated};

#[cfg(feature = "vimage")]
mod instances;
#[cfg(feature = "vimage")]
pub use instances::{ClassContext, Context};
#[cfg(feature = "vimage")]
pub(crate) use instances::{
    adopt_base, bar, bar_all, capture, current, enter, enter_captured, enter_each, enter_entry, is_current, leave_all,
};

#[cfg(not(feature = "vimage"))]
mod single;
#[cfg(not(feature = "vimage"))]
pub use single::ClassContext;
#[cfg(not(feature = "vimage"))]
pub(crate) use single::{
    bar, bar_all, capture, current, enter, enter_captured, enter_each, enter_entry, is_current, leave_all,
};
