//! The differences between the three builds: where the values of variables are, and how an accessor finds them.

#[cfg(feature = "vimage")]
mod instances;
#[cfg(feature = "vimage")]
pub use instances::*;

#[cfg(all(feature = "static-struct", not(feature = "vimage")))]
mod static_struct;
#[cfg(all(feature = "static-struct", not(feature = "vimage")))]
pub use static_struct::*;

#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
mod plain;
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
pub(crate) use plain::macros;
