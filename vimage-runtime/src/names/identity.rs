//! The part of an entry that has a name: what identifies it, and how it is told apart from others of its name.

use crate::registry::ModuleEntry;

/// The name of an entry, and the place of its declaration.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub name: &'static str,
    pub module: &'static ModuleEntry,
    pub file: &'static str,
    pub line: u32,
}

impl Identity {
    /// Returns whether it is declared at `place`: `src/foo.rs:7`.
    fn is_at(&self, place: &str) -> bool {
        let line = place.strip_prefix(self.file).and_then(|rest| rest.strip_prefix(':'));
        line.and_then(|line| line.parse().ok()) == Some(self.line)
    }
}

/// An entry with a name, which others may have too.
pub(crate) trait Named {
    fn identity(&self) -> &Identity;

    /// The variable as written, if the name does not follow from it.
    fn variable(&self) -> Option<&'static str>;

    /// Returns whether `qualifier` is the name of its module, the Rust path of that, the variable, or the place of the
    /// declaration.
    fn is_in(&self, qualifier: &str) -> bool {
        let identity = self.identity();
        let Identity { module, .. } = identity;
        [Some(module.name), Some(module.path), self.variable()].contains(&Some(qualifier)) || identity.is_at(qualifier)
    }
}

/// The shortest name that identifies this entry among `named`: the name alone, or after its module, the Rust path of that,
/// the variable, or the place of the declaration. Only the last differs between two versions of one crate.
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

/// The names that identify each of `named`: `foo::net.foo.mode (my_crate::foo, src/foo.rs:7)`.
pub(crate) fn candidates<E: Named>(named: &[&E]) -> Vec<String> {
    let candidate = |entry: &&E| {
        let Identity { module, file, line, .. } = entry.identity();
        format!("{} ({}, {file}:{line})", unique(*entry, named), module.path)
    };
    named.iter().map(candidate).collect()
}
