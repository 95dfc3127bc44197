//! From tokens to the model. What is reported here is about the grammar of our attributes and macros.

pub(crate) mod class;
pub(crate) mod file;
pub(crate) mod function;
pub(crate) mod items;
pub(crate) mod lift;
pub(crate) mod marks;
mod sysctl;
mod thread_local;

pub(crate) use thread_local::{is as is_thread_local, names as thread_local_names};

/// What a `static` in an `extern` block is called in messages.
pub(crate) const FOREIGN_STATIC: &str = "a foreign `static`, which is one per process";

/// What anything that none of our attributes goes on is called in messages.
pub(crate) const OTHER_ITEM: &str = "this kind of item";
