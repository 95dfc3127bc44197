//! The options of each attribute and macro: a struct for each, and one way to read them.
//!
//! An option is a field of the struct and a type that says how its value is written. Messages list the options in the
//! order of the fields.

mod class;
mod closest;
mod hook;
mod module;
mod shared;
mod syntax;
mod sysctl;
mod test;
mod values;
mod virtualized;

pub(crate) use self::class::{ClassOptions, NoContext};
pub(crate) use self::hook::HookOptions;
pub(crate) use self::module::{AnyModuleOptions, Dependency, ModuleOptions};
pub(crate) use self::shared::SharedOptions;
pub(crate) use self::syntax::{Given, Read, Reader};
pub(crate) use self::sysctl::Sysctl;
pub(crate) use self::test::{MainOptions, TestOptions};
pub(crate) use self::values::{InModule, runtime};
pub(crate) use self::virtualized::VirtualizedOptions;
