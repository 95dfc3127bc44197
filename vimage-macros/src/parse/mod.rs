//! From tokens to the model. The problems reported here are those of the grammar of our attributes and macros.

mod attributes;
mod bodies;
mod class;
pub(crate) mod code;
mod common;
mod file;
mod function;
mod item;
mod items;
mod module;
mod thread_local;

pub(crate) use self::attributes::{accept, take};
#[cfg(test)]
pub(crate) use self::bodies::Bodies;
pub(crate) use self::bodies::Reading;
pub(crate) use self::class::class;
pub(crate) use self::common::{FOREIGN_STATIC, OTHER_ITEM};
pub(crate) use self::file::file;
pub(crate) use self::function::{main, test, test_body};
pub(crate) use self::item::item;
pub(crate) use self::module::{ModuleAttr, module};
pub(crate) use self::thread_local::{is_thread_local, thread_local_names, thread_local_variables};
