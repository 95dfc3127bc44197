//! Sysctls as they are listed, described and shown as a tree.

use std::fmt;

use super::entry::SysctlEntry;
use super::error::Error;
use super::value::{Kind, Value};
use crate::error::Chain;

/// A sysctl with its value; from [`list`](super::list).
///
/// ```
/// vimage::boot()?;
/// for listed in vimage::sysctl::list("net")? {
///     match listed.value {
///         Ok(value) => println!("{}: {value}", listed.qualified_name),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The name; another sysctl may have the same.
    pub name: &'static str,
    /// The module of the variable.
    pub module: &'static str,
    /// The Rust path of the module, which starts with the crate.
    pub path: &'static str,
    /// The class of the module.
    pub class: &'static str,
    /// The shortest name that identifies this sysctl: its name, after a qualifier if another sysctl has the same name.
    pub qualified_name: String,
    /// The kind of its value.
    pub kind: Kind,
    /// Can be set at any time.
    pub writable: bool,
    /// Can be set when an instance is created.
    pub tunable: bool,
    /// The value, or why it could not be read.
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

/// A sysctl without its value; from [`describe`](super::describe).
///
/// ```standalone_crate
/// # use vimage::prelude::*;
/// # #[vnet_module]
/// # mod ether {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// /// Packets that may wait.
/// #[virtualized(sysctl("net.ether.queue", rw, unit = "packets"))]
/// static ETHER_QUEUE: AtomicU32 = AtomicU32::new(50);
/// # }
/// let described = vimage::sysctl::describe("net.ether.queue")?;
/// assert_eq!((&*described.text, described.unit), ("Packets that may wait.", Some("packets")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Description {
    /// The name.
    pub name: &'static str,
    /// The shortest name that identifies it, as in [`Listed::qualified_name`].
    pub qualified_name: String,
    /// The doc comment of the variable.
    pub text: String,
    /// The kind of its value.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub kind: Kind,
    /// The Rust type of its value.
    pub type_name: &'static str,
    /// The values that may be set, as written in the attribute.
    pub range: Option<&'static str>,
    /// The unit.
    pub unit: Option<&'static str>,
    /// Can be set at any time.
    pub writable: bool,
    /// Can be set when an instance is created.
    pub tunable: bool,
    /// Only the base instance may set it.
    pub base_only: bool,
    /// All instances share the variable.
    pub shared: bool,
    /// The variable, as written.
    pub variable: &'static str,
    /// The module of the variable.
    pub module: &'static str,
    /// The Rust path of the module, which starts with the crate.
    pub path: &'static str,
    /// The class of the module.
    pub class: &'static str,
    /// The source file of the declaration.
    pub file: &'static str,
    /// The line of the declaration.
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

/// Sysctls by the segments of their names; from [`tree`](super::tree). Its `Display` is an indented list.
///
/// With the feature `serde` it serializes as nested maps. A node with values and children, or with several values, has
/// the values under the empty key. Sysctls that cannot be read are left out.
///
/// ```
/// vimage::boot()?;
/// print!("{}", vimage::sysctl::tree("net")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tree {
    /// The segment of the name; at the root, the whole prefix.
    pub segment: String,
    /// The sysctls of exactly this name.
    pub here: Vec<Listed>,
    /// The names that continue this one, sorted.
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
                Err(error) => write!(f, ": ({})", Chain(error))?,
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
