//! From the items as they were written to the items as they are expanded: variables and hooks are taken out, and
//! virtualized code is rewritten.

mod extract;
mod found;
mod lifetimes;
mod region;
mod rewrite;

pub(crate) use self::extract::extract;
pub(crate) use self::rewrite::rewrite;
