//! Tables of what the runtime knows, for finding mistakes.
//!
//! ```standalone_crate
//! vimage::boot()?;
//! println!("{}", vimage::debug::instances());
//! # assert_eq!(vimage::debug::instances().rows()[1][..2], ["Net", "0"]);
//! # Ok::<(), vimage::BootError>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::core::context::stack;
use crate::core::{ClassState, HasInstances};
use crate::layout::{LinkedModule, PlacedPart};
use crate::registry::classes;

/// Rows of text under titles; shown with columns aligned.
///
/// ```
/// vimage::boot()?;
/// let modules = vimage::debug::modules();
/// assert_eq!(modules.titles()[..2], ["class", "module"]);
/// assert!(modules.rows().iter().all(|row| row.len() == modules.titles().len()));
/// println!("{modules}");
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    titles: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The titles of the columns.
    #[must_use]
    pub fn titles(&self) -> &[&'static str] {
        self.titles
    }

    /// One row of cells each, as long as the titles.
    #[must_use]
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.titles[column].chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.titles.len()).map(width).collect();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<_> = cells.zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())
        };
        line(&mut self.titles.iter().copied())?;
        self.rows.iter().try_for_each(|row| line(&mut row.iter().map(String::as_str)))
    }
}

/// All instances: class, id, name, state, handles, parent, and how many bytes of `keep` variables it will leave
/// behind. Empty before boot. Linear in the number of instances, which cannot be made or end meanwhile.
///
/// ```
/// vimage::boot()?;
/// print!("{}", vimage::debug::instances());
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn instances() -> Table {
    let row = |row: InstanceRow| {
        let parent = row.parent.map_or(String::new(), |id| id.to_string());
        let (name, handles) = (row.name.unwrap_or_default(), row.handles.to_string());
        vec![row.class.to_owned(), row.id.to_string(), name, row.state, handles, parent, row.kept_bytes.to_string()]
    };
    let rows = states().flat_map(|state| instances_of(state, None, usize::MAX)).map(row).collect();
    Table { titles: &["class", "id", "name", "state", "handles", "parent", "kept bytes"], rows }
}

/// The row of an instance.
#[derive(Debug)]
#[cfg_attr(feature = "inspect", derive(serde::Serialize))]
pub(crate) struct InstanceRow {
    class: &'static str,
    pub(crate) id: u64,
    name: Option<String>,
    state: String,
    handles: u64,
    parent: Option<u64>,
    kept_bytes: usize,
}

/// The instances of a class behind this id, in order, and not more of them than these.
pub(crate) fn instances_of(state: &ClassState, after: Option<u64>, most: usize) -> Vec<InstanceRow> {
    let live = state.live();
    let boot_kept = kept(&state.parts);
    let mut found: BTreeMap<u64, InstanceRow> = BTreeMap::new();
    live.tree.for_each(|header| {
        let is_full = found.len() >= most;
        let is_beyond = is_full && found.last_key_value().is_none_or(|(&last, _)| header.id > last);
        if is_beyond || after.is_some_and(|after| header.id <= after) {
            return;
        }
        if is_full {
            found.pop_last();
        }
        let row = InstanceRow {
            class: header.class.name,
            id: header.id,
            name: header.name.as_deref().map(str::to_owned),
            state: format!("{:?}", header.phase().state()),
            handles: header.handles().get(),
            parent: live.tree.parent(header.id),
            kept_bytes: boot_kept + kept(&header.lock().parts),
        };
        found.insert(header.id, row);
    });
    found.into_values().collect()
}

/// All registered modules, in the order they are attached: class, name, when they came, their hooks, where they are
/// declared. Empty before boot.
///
/// ```
/// vimage::boot()?;
/// print!("{}", vimage::debug::modules());
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn modules() -> Table {
    let mut rows = Vec::new();
    for state in states() {
        let mut add = |module: &LinkedModule, came: &str| {
            let hooks =
                [module.attach.map(|_| "attach"), module.quiesce.map(|_| "quiesce"), module.detach.map(|_| "detach")];
            let hooks: Vec<_> = hooks.into_iter().flatten().collect();
            let entry = module.entry;
            rows.push(vec![
                entry.class.name.to_owned(),
                entry.name.to_owned(),
                came.to_owned(),
                hooks.join(", "),
                entry.path.to_owned(),
                format!("{}:{}", entry.file, entry.line),
            ]);
        };
        state.modules.iter().for_each(|module| add(module, "boot"));
        state.live().added.iter().for_each(|added| add(&added.linked, "run time"));
    }
    Table { titles: &["class", "module", "came", "hooks", "path", "declared"], rows }
}

/// Where each variable lies in an instance: class, module, name, offset and size in bytes, and whether it is a
/// `keep` variable. Empty before boot, and in builds without instances, where variables are statics.
///
/// ```
/// # vimage::boot()?;
/// print!("{}", vimage::debug::variables());
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn variables() -> Table {
    let mut rows = Vec::new();
    for state in states() {
        let mut add = |&(part, offset): &PlacedPart| {
            let module = part.module();
            rows.extend(part.fields().iter().map(|field| {
                vec![
                    module.class.name.to_owned(),
                    module.name.to_owned(),
                    field.name.to_owned(),
                    (offset + field.offset).to_string(),
                    field.size.to_string(),
                    if field.kept { "keep" } else { "" }.to_owned(),
                ]
            }));
        };
        state.parts.iter().for_each(&mut add);
        state.live().added.iter().flat_map(|added| added.parts.clone()).for_each(|part| add(&part));
    }
    Table { titles: &["class", "module", "variable", "offset", "size", "kind"], rows }
}

/// The contexts that this thread is in, the innermost last: class, instance, and where it was entered. Empty without
/// the feature `invariants`, and in builds without instances.
///
/// ```
/// vimage::boot()?.enter(|| print!("{}", vimage::debug::contexts()));
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn contexts() -> Table {
    let row = |place: stack::Place| vec![place.class.to_owned(), place.instance, place.entered.to_string()];
    Table { titles: &["class", "instance", "entered"], rows: stack::stack().into_iter().map(row).collect() }
}

/// Where an instance was entered that was current already, each place once: there, and where the outer context was
/// entered. Empty without the feature `invariants`.
///
/// This is no mistake, but often a hint: code that knows that the context is set does not have to set it.
///
/// ```
/// vimage::boot()?.enter(|| print!("{}", vimage::debug::recursions()));
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn recursions() -> Table {
    let rows = stack::recursions().into_iter().map(|(inner, outer)| vec![inner, outer]).collect();
    Table { titles: &["entered again", "entered before"], rows }
}

/// Where the handles to this instance, or to those of a vimage, were made that still exist, `instance` among them. Empty without the feature
/// `invariants`.
///
/// ```
/// # use vimage::prelude::*;
/// for place in vimage::debug::holders(&Vnet::base()?) {
///     println!("a handle was made at {place}");
/// }
/// # Ok::<(), vimage::BootError>(())
/// ```
#[must_use]
pub fn holders(instance: &impl HasInstances) -> Vec<&'static Location<'static>> {
    instance.instances().into_iter().flat_map(|handle| handle.header().holders.places()).collect()
}

fn states() -> impl Iterator<Item = &'static ClassState> {
    classes().iter().filter_map(|class| class.state())
}

fn kept(parts: &[PlacedPart]) -> usize {
    parts.iter().flat_map(|(part, _)| part.fields()).filter(|field| field.kept).map(|field| field.size).sum()
}
