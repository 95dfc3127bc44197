//! Values that can be lent to other instances, and return to their owner's.

mod owner;
mod shared;
mod transfer;

pub use owner::Movable;
pub use transfer::{MoveError, Transfer};
