//! Variables by name: what sysctls and symbols have in common.

mod identity;
mod locate;
mod suggest;
mod table;

pub(crate) use identity::{Identity, Named, candidates, unique};
pub use locate::{InstanceRef, Located};
pub(crate) use locate::{in_current, in_entered, in_named};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use locate::{locate, locate_raw};
pub(crate) use suggest::{write_ambiguous, write_unknown};
pub(crate) use table::{Names, Table};
