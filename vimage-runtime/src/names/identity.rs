//! The part of an entry that has a name: what identifies it, and how it is told apart from others of its name.

use crate::registry::ModuleEntry;

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

/// What means this entry and none of the others of its name: the name alone, or behind its module, the Rust path of
/// that, the variable, or the place of the declaration. Two versions of one crate differ only there.
pub(crate) fn unique<E: Named>(entry: &E, named: &[&E]) -> String {
    let Identity { name, module, file, line } = *entry.identity();
    if named.len() < 2 {
        return name.to_owned();
    }
    let place = format!("{file}:{line}");
    let only_this = |qualifier: &&str| named.iter().filter(|other| other.is_in(qualifier)).count() == 1;
    let qualifiers = [Some(module.name), Some(module.path), entry.variable()];
    let qualifier = qualifiers.into_iter().flatten().find(only_this).unwrap_or(&place);
    format!("{qualifier}::{name}")
}

/// What tells entries of one name apart: `foo::net.foo.mode (my_crate::foo, src/foo.rs:7)`.
pub(crate) fn candidates<E: Named>(named: &[&E]) -> Vec<String> {
    let candidate = |entry: &&E| {
        let Identity { module, file, line, .. } = entry.identity();
        format!("{} ({}, {file}:{line})", unique(*entry, named), module.path)
    };
    named.iter().map(candidate).collect()
}
