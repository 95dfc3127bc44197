//! Virtualized code, as far as it is read before it is rewritten: the uses of variables, and the calls of macros.

pub(crate) mod accessor;
mod context;
pub(crate) mod format;
pub(crate) mod known;
pub(crate) mod pieces;
pub(crate) mod simple;
pub(crate) mod unparsed;
pub(crate) mod unread;

pub(crate) use self::context::Context;
