//! What is told of sysctls.

use std::fmt;

use super::entry::SysctlEntry;
use super::error::Error;
use super::value::{Kind, Value};

/// A sysctl with its value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// Its name, which another one may bear as well.
    pub name: &'static str,
    /// The module of the variable.
    pub module: &'static str,
    /// The Rust path of the module, which starts with the crate.
    pub path: &'static str,
    /// The class of the module.
    pub class: &'static str,
    /// What means this one and no other: its name, and what has to stand before it if others bear it as well.
    pub qualified_name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be set at any time.
    pub writable: bool,
    /// Whether it can be given when an instance is created.
    pub tunable: bool,
    /// The value, or why there is none.
    pub value: Result<Value, Error>,
}

impl Listed {
    pub(super) fn new(entry: &SysctlEntry, qualified_name: String, value: Result<Value, Error>) -> Self {
        let module = entry.identity.module;
        Self {
            name: entry.identity.name,
            module: module.name,
            path: module.path,
            class: module.class.name,
            qualified_name,
            kind: entry.target.kind(),
            writable: entry.writable,
            tunable: entry.tunable,
            value,
        }
    }
}

/// All that is known of a sysctl but its value.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What means this one and no other, as in [`Listed::qualified_name`].
    pub qualified_name: String,
    /// The doc comment of the variable.
    pub text: String,
    /// What it holds.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub kind: Kind,
    /// The type of that.
    pub type_name: &'static str,
    /// What may be set, as written.
    pub range: Option<&'static str>,
    /// The unit.
    pub unit: Option<&'static str>,
    /// Whether it can be set at any time.
    pub writable: bool,
    /// Whether it can be given when an instance is created.
    pub tunable: bool,
    /// Whether only the base instance may set it.
    pub base_only: bool,
    /// Whether all instances share the variable.
    pub shared: bool,
    /// The variable.
    pub variable: &'static str,
    /// Its module.
    pub module: &'static str,
    /// The Rust path of the module, which starts with the crate.
    pub path: &'static str,
    /// The class of the module.
    pub class: &'static str,
    /// Where the variable is declared.
    pub file: &'static str,
    /// The line there.
    pub line: u32,
}

impl Description {
    pub(super) fn new(entry: &SysctlEntry, qualified_name: String) -> Self {
        let identity = &entry.identity;
        let lines: Vec<_> = entry.docs.iter().map(|line| line.trim()).collect();
        Self {
            name: identity.name,
            qualified_name,
            text: lines.join("\n").trim().to_owned(),
            kind: entry.target.kind(),
            type_name: entry.target.type_name(),
            range: entry.range,
            unit: entry.unit,
            writable: entry.writable,
            tunable: entry.tunable,
            base_only: entry.base_only,
            shared: entry.shared,
            variable: entry.variable,
            module: identity.module.name,
            path: identity.module.path,
            class: identity.module.class.name,
            file: identity.file,
            line: identity.line,
        }
    }
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(kind)
}

/// Sysctls by the segments of their names; shown as an indented list.
///
/// With the feature `serde` it serializes as nested maps. A node that bears values and has children, or several
/// values, has the values under the empty key; what cannot be read is left out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tree {
    /// The segment of the name; the whole prefix at the root.
    pub segment: String,
    /// Those of exactly this name: several, if several bear it.
    pub here: Vec<Listed>,
    /// What continues the name, sorted.
    pub children: Vec<Tree>,
}

impl Tree {
    pub(super) fn new(prefix: &str, listed: Vec<Listed>) -> Self {
        let prefix = prefix.trim_end_matches('.');
        let mut root = Self { segment: prefix.to_owned(), ..Self::default() };
        for one in listed {
            let rest = one.name[prefix.len()..].trim_start_matches('.');
            let segments = rest.split('.').filter(|segment| !segment.is_empty());
            let node = segments.fold(&mut root, |node, segment| node.child(segment));
            node.here.push(one);
        }
        root
    }

    fn child(&mut self, segment: &str) -> &mut Self {
        let place = self.children.binary_search_by(|child| child.segment.as_str().cmp(segment));
        let place = place.unwrap_or_else(|place| {
            self.children.insert(place, Self { segment: segment.to_owned(), ..Self::default() });
            place
        });
        &mut self.children[place]
    }

    fn show(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:indent$}{}", "", self.segment, indent = 2 * depth)?;
        for one in &self.here {
            match &one.value {
                Ok(value) => write!(f, ": {value}")?,
                Err(error) => write!(f, ": ({error})")?,
            }
        }
        writeln!(f)?;
        self.children.iter().try_for_each(|child| child.show(f, depth + 1))
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, 0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Tree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let values: Vec<&Value> = self.here.iter().filter_map(|one| one.value.as_ref().ok()).collect();
        if let ([value], []) = (values.as_slice(), self.children.as_slice()) {
            return value.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        match values.as_slice() {
            [] => {}
            [value] => map.serialize_entry("", value)?,
            several => map.serialize_entry("", several)?,
        }
        for child in &self.children {
            map.serialize_entry(&child.segment, child)?;
        }
        map.end()
    }
}
