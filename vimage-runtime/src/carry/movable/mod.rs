//! Values that can be lent to other instances, and return to their owner's.

#[cfg(all(test, vimage_shuttle))]
mod models;
mod owner;
mod shared;
mod transfer;

pub use owner::Movable;
pub use transfer::{MoveError, Transfer};
