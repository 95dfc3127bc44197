//! Everything that carries a context further than its stack frame: closures, futures, threads, values.

mod bind;
mod bound;
mod carried;
mod enter;
pub mod future;
mod movable;
pub mod thread;

pub use bind::BindFn;
pub use bound::{BindError, BindRefused, Bound};
pub use enter::Enter;
pub use movable::{Movable, MoveError, Transfer};
