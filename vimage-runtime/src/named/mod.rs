//! What sysctls and symbols have in common: how a variable is found in an instance, and by its name.

mod locate;
mod table;

pub use locate::InstanceRef;
pub(crate) use locate::{in_current, in_named};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use locate::{locate, locate_raw};
pub(crate) use table::{Table, candidates, find, table, unique};

use std::fmt;

use crate::registry::{ModuleEntry, collection};
use crate::symmap::SymbolEntry;
use crate::sysctl::SysctlEntry;

/// One registered name.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum NameEntry {
    /// A name for a variable.
    Sysctl(&'static SysctlEntry),
    /// A variable that tools may look up.
    Symbol(&'static SymbolEntry),
}

collection! { NAMES: NameEntry }

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
    /// Whether it is declared there: `src/foo.rs:7`.
    fn is_at(&self, place: &str) -> bool {
        let line = place.strip_prefix(self.file).and_then(|rest| rest.strip_prefix(':'));
        line.and_then(|line| line.parse().ok()) == Some(self.line)
    }
}

/// An entry that bears a name.
pub(crate) trait Named {
    fn identity(&self) -> &Identity;

    /// The variable as the user wrote it, if that is more than the name says.
    fn variable(&self) -> Option<&'static str>;

    /// Whether this is one that `qualifier` means: the name of its module, the Rust path of that, the variable, or where
    /// it is declared.
    fn is_in(&self, qualifier: &str) -> bool {
        let identity = self.identity();
        let Identity { module, .. } = identity;
        [Some(module.name), Some(module.path), self.variable()].contains(&Some(qualifier)) || identity.is_at(qualifier)
    }
}

/// Says that nobody bears a name.
pub(crate) fn write_unknown(f: &mut fmt::Formatter<'_>, what: &str, name: &str, closest: Option<&str>) -> fmt::Result {
    write!(f, "unknown {what} `{name}`")?;
    closest.map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
}

/// Says that several bear a name, and how to tell them apart.
pub(crate) fn write_ambiguous(f: &mut fmt::Formatter<'_>, name: &str, candidates: &[String]) -> fmt::Result {
    write!(f, "`{name}` is {}; write one of these", candidates.join(" or "))
}
