//! All types of the files of a program, by name.

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{AttributeValue, DebuggingInformationEntry, Dwarf, Unit, UnitOffset};

use super::names::Name;
use super::sections::Bytes;

pub(super) type Entry = DebuggingInformationEntry<Bytes>;

/// The place of a type: the number of its unit, and the offset there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) unit: usize,
    pub(super) offset: usize,
}

/// The types of all files.
#[derive(Default)]
pub(super) struct Index {
    files: Vec<Dwarf<Bytes>>,
    /// With the numbers of their files; those of one file in the order of their offsets.
    units: Vec<(usize, Unit<Bytes>)>,
    /// The namespace of each type that is in one.
    namespaces: HashMap<Id, Arc<str>>,
    by_key: HashMap<String, Vec<Id>>,
}

impl Index {
    /// Adds a file: linear in its debug information.
    ///
    /// # Errors
    ///
    /// Why it has no types, as the end of a sentence.
    pub(super) fn add(&mut self, file: Dwarf<Bytes>) -> Result<(), String> {
        self.files.push(file);
        let (mut is_split, mut count) = (false, 0);
        let damaged = |error: gimli::Error| format!("its debug information is damaged: {error}");
        let mut headers = self.files[self.files.len() - 1].units();
        while let Some(header) = headers.next().map_err(damaged)? {
            let file = self.files.len() - 1;
            let unit = self.files[file].unit(header).map_err(damaged)?;
            is_split |= unit.dwo_id.is_some();
            self.units.push((file, unit));
            count += self.add_unit(self.units.len() - 1).map_err(damaged)?;
        }
        match (count, is_split) {
            (0, true) => Err("its debug information is in other files (`split-debuginfo`)".to_owned()),
            (0, false) => Err("its debug information has no types: build with `debug = true`".to_owned()),
            _ => Ok(()),
        }
    }

    /// Returns the number of types.
    fn add_unit(&mut self, number: usize) -> gimli::Result<usize> {
        let (file, unit) = &self.units[number];
        let file = &self.files[*file];
        let mut entries = unit.entries();
        // The namespaces around the current entry, with their depths.
        let mut around: Vec<(isize, Arc<str>)> = Vec::new();
        let mut found = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            let depth = entry.depth();
            while around.last().is_some_and(|(outer, _)| *outer >= depth) {
                around.pop();
            }
            // Only what is directly in a namespace: the types of variants are in their enums.
            let within = around.last().filter(|(outer, _)| outer + 1 == depth);
            match entry.tag() {
                gimli::DW_TAG_namespace if within.is_some() || depth == 1 => {
                    let name = string(file, unit, entry, gimli::DW_AT_name).unwrap_or_default();
                    let path = within.map_or_else(|| name.clone(), |(_, outer)| format!("{outer}::{name}"));
                    around.push((depth, path.into()));
                }
                gimli::DW_TAG_structure_type
                | gimli::DW_TAG_union_type
                | gimli::DW_TAG_enumeration_type
                | gimli::DW_TAG_base_type
                | gimli::DW_TAG_pointer_type
                    if (within.is_some() || depth == 1) && entry.attr_value(gimli::DW_AT_declaration).is_none() =>
                {
                    let Some(name) = string(file, unit, entry, gimli::DW_AT_name) else { continue };
                    let id = Id { unit: number, offset: entry.offset().0 };
                    found.push((id, key(&name).to_owned(), within.map(|(_, path)| path.clone())));
                }
                _ => {}
            }
        }
        // Base types are also where only lines are described.
        let types = found.iter().filter(|(_, _, within)| within.is_some()).count();
        for (id, key, within) in found {
            self.namespaces.extend(within.map(|path| (id, path)));
            self.by_key.entry(key).or_default().push(id);
        }
        Ok(types)
    }

    /// The types whose names have this key.
    pub(super) fn with_key(&self, key: &str) -> &[Id] {
        self.by_key.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The module of a type; empty where it is in none.
    pub(super) fn namespace(&self, id: Id) -> &str {
        self.namespaces.get(&id).map(|path| &**path).unwrap_or_default()
    }

    pub(super) fn unit(&self, id: Id) -> Option<&Unit<Bytes>> {
        self.units.get(id.unit).map(|(_, unit)| unit)
    }

    pub(super) fn string(&self, id: Id, entry: &Entry, attribute: gimli::DwAt) -> Option<String> {
        let (file, unit) = self.units.get(id.unit)?;
        string(&self.files[*file], unit, entry, attribute)
    }

    /// What a reference in the unit of `id` leads to, which may be in another unit after link-time optimization.
    pub(super) fn reference(&self, id: Id, value: &AttributeValue<Bytes>) -> Option<Id> {
        match value {
            AttributeValue::UnitRef(UnitOffset(offset)) => Some(Id { unit: id.unit, offset: *offset }),
            AttributeValue::DebugInfoRef(offset) => {
                let (file, _) = self.units.get(id.unit)?;
                let begin = self.units.partition_point(|(other, _)| other < file);
                let end = self.units.partition_point(|(other, _)| other <= file);
                let own = &self.units[begin..end];
                let behind = own.partition_point(|(_, unit)| unit.offset().0 <= offset.0);
                let unit = behind.checked_sub(1)?;
                Some(Id { unit: begin + unit, offset: offset.0 - own[unit].1.offset().0 })
            }
            _ => None,
        }
    }
}

fn string(file: &Dwarf<Bytes>, unit: &Unit<Bytes>, entry: &Entry, attribute: gimli::DwAt) -> Option<String> {
    use gimli::Reader;
    let text = file.attr_string(unit, entry.attr_value(attribute)?).ok()?;
    Some(text.to_string_lossy().ok()?.into_owned())
}

/// As [`Name::key`], without parsing the rest.
fn key(name: &str) -> &str {
    match name.bytes().next() {
        Some(b'(') => "(",
        Some(b'[') => "[",
        Some(b'&' | b'*') => {
            ["&mut ", "*const ", "*mut ", "&"].into_iter().find(|sign| name.starts_with(sign)).unwrap_or("&")
        }
        _ => {
            let path = name.split('<').next().unwrap_or_default();
            path.rsplit("::").next().unwrap_or_default()
        }
    }
}

/// The name of a type with its path.
pub(super) fn full_name(namespace: &str, name: &str) -> Option<Name> {
    if namespace.is_empty() { Name::parse(name) } else { Name::parse(&format!("{namespace}::{name}")) }
}
