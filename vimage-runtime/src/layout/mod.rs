//! From what is registered to the order of modules and the place of each variable.

mod class;
mod order;
mod place;
mod reserve;

pub(crate) use class::{Placed, lay_out};
pub(crate) use order::{LinkedModule, OrderedClass, link, order};
pub(crate) use place::PlacedPart;
pub(crate) use reserve::Reserve;
