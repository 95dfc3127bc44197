//! Errors, and failures that no `Result` can tell of.

mod attach;
mod boot;
mod chain;
mod register;
mod shutdown;
mod teardown;

pub use attach::AttachError;
pub use boot::BootError;
pub(crate) use chain::Chain;
pub use register::RegisterError;
pub use shutdown::{Holders, ShutdownError};
pub use teardown::TeardownFailure;
pub(crate) use teardown::message;
