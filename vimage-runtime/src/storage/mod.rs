//! Where the values of virtualized variables live, and how code reaches them.

mod access;
mod bounds;
mod builds;
mod held;
mod local_key;

// The default build has no parts and no accessors: its variables are statics.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod accessor;
#[cfg(feature = "vimage")]
mod cold;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod declare;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod kind;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod recovered;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod region;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod resolved;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
#[doc(hidden)]
pub mod slot;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod variable;

pub use access::Virtualized;
pub use bounds::{assert, assert_send};
pub use held::Held;
pub(crate) use local_key::AtEnd;
pub use local_key::LocalKey;

#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod suspended;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use accessor::UseInVirtualizedCode;
#[cfg(feature = "vimage")]
#[doc(hidden)]
pub use builds::field;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
#[doc(hidden)]
pub use {
    builds::{Keep, Part},
    declare::accessor,
    recovered::Recovered,
    region::Region,
    resolved::Resolved,
    variable::VariableEntry,
};

#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
pub(crate) use builds::macros;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub(crate) use declare::macros;
