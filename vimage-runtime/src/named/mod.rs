//! What sysctls and symbols have in common: how a variable is found in an instance, and by its name.

mod locate;
mod table;

pub use locate::InstanceRef;
pub(crate) use locate::{in_current, in_named};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use locate::{locate, locate_raw};
pub(crate) use table::{Table, changed, closest, find, table};

use std::fmt;

use crate::module::ModuleEntry;

/// The part of an entry that tells it from others.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub name: &'static str,
    pub module: &'static ModuleEntry,
    pub file: &'static str,
    pub line: u32,
}

impl Identity {
    /// Whether this is one that `qualifier` means: its module's name, or its Rust path.
    fn is_in(&self, qualifier: &str) -> bool {
        self.module.name == qualifier || self.module.path == qualifier
    }
}

/// Says which one is meant where its name is not enough: `foo::net.foo.mode (my_crate::foo, src/foo.rs:7)`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, module, file, line } = self;
        write!(f, "{}::{name} ({}, {file}:{line})", module.name, module.path)
    }
}

/// An entry that bears a name.
pub(crate) trait Named {
    fn identity(&self) -> &Identity;
}

/// Says that nobody bears a name.
pub(crate) fn write_unknown(f: &mut fmt::Formatter<'_>, what: &str, name: &str, closest: Option<&str>) -> fmt::Result {
    write!(f, "unknown {what} `{name}`")?;
    closest.map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
}

/// Says that several bear a name, and how to tell them apart.
pub(crate) fn write_ambiguous(f: &mut fmt::Formatter<'_>, name: &str, candidates: &[String]) -> fmt::Result {
    write!(f, "`{name}` is {}; write the module before it", candidates.join(" or "))
}
