//! From what is registered to the order of modules and the place of each variable.

mod order;
mod place;
mod reserve;

pub(crate) use order::{LinkedModule, OrderedClass, link, order};
pub(crate) use place::{Placed, PlacedPart, lay_out};
pub(crate) use reserve::Reserve;
