//! Types: their names, and whether a value of one can change.

use std::collections::HashSet;

use gimli::DwTag;

use super::dwarf::{Debug, Type, type_at};

/// Whether a value that nobody borrows mutably can change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// No: nothing that it owns or refers to has interior mutability.
    Constant,
    /// It contains this type, which can change or hides what it is.
    Changes(String),
}

/// How to look at a type of which the knowledge base knows more than its fields say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Constant, although it has a cell.
    Constant,
    /// Only the values of its parameters count, such as those of `Arc`, which counts its owners.
    Parameters,
}

impl Debug<'_> {
    /// The name of a type, with its path and parameters.
    pub(super) fn type_name(&self, ty: Type) -> String {
        self.name_within(ty, 8)
    }

    fn name_within(&self, ty: Type, depth: usize) -> String {
        let Some((unit, entry)) = self.entry(ty).filter(|_| depth > 0) else { return "…".to_owned() };
        if let Some(name) = self.string(unit, &entry, gimli::DW_AT_name) {
            // References and slices are structs with the names that Rust has for them.
            let is_path = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
            return match self.namespaces.get(&ty) {
                Some(namespace) if is_path && !name.starts_with("dyn ") => format!("{namespace}::{name}"),
                _ => name,
            };
        }
        let of = entry.attr_value(gimli::DW_AT_type).and_then(|value| type_at(unit, &value));
        let inner = of.map_or_else(|| "()".to_owned(), |of| self.name_within(of, depth - 1));
        match entry.tag() {
            gimli::DW_TAG_array_type => match self.length(ty) {
                Some(length) => format!("[{inner}; {length}]"),
                None => format!("[{inner}]"),
            },
            gimli::DW_TAG_pointer_type => format!("*{inner}"),
            _ => inner,
        }
    }

    fn length(&self, array: Type) -> Option<u64> {
        let ranges = self.children(array, |tag| tag == gimli::DW_TAG_subrange_type);
        let (unit, range) = self.entry(*ranges.first()?)?;
        let count = range.attr_value(gimli::DW_AT_count).and_then(|value| value.udata_value());
        let last = || range.attr_value(gimli::DW_AT_upper_bound).and_then(|value| value.udata_value());
        _ = unit;
        count.or_else(|| Some(last()? + 1))
    }

    /// The name without parameters.
    pub(super) fn type_path(&self, ty: Type) -> String {
        let name = self.type_name(ty);
        name.split('<').next().unwrap_or_default().to_owned()
    }

    /// The type that a type has as its first parameter.
    pub(super) fn parameter(&self, ty: Type) -> Option<Type> {
        let parameters = self.children(ty, |tag| tag == gimli::DW_TAG_template_type_parameter);
        self.referred(*parameters.first()?)
    }

    /// Looks for a cell in a type: in its fields, in what they point to, and in its parameters, because a collection
    /// erases the type behind its pointer.
    pub(super) fn contents(&self, ty: Type, known: &dyn Fn(&str) -> Option<Known>) -> Contents {
        let mut seen = HashSet::new();
        let mut pending = vec![ty];
        while let Some(next) = pending.pop() {
            if !seen.insert(next) {
                continue;
            }
            let Some((unit, entry)) = self.entry(next) else { return Contents::Changes("…".to_owned()) };
            let is_parameter = |tag| tag == gimli::DW_TAG_template_type_parameter;
            match entry.tag() {
                gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                    let path = self.type_path(next);
                    if path == "core::cell::UnsafeCell" || path.trim_start_matches('(').starts_with("dyn ") {
                        return Contents::Changes(self.type_name(next));
                    }
                    match known(&path) {
                        Some(Known::Constant) => {}
                        Some(Known::Parameters) => pending.extend(self.referred_by(next, is_parameter)),
                        None => pending.extend(self.referred_by(next, |tag| is_parameter(tag) || is_member(tag))),
                    }
                }
                // The variants of an enum; `DW_TAG_variant_part` has them as children.
                gimli::DW_TAG_variant_part | gimli::DW_TAG_variant => {}
                gimli::DW_TAG_base_type | gimli::DW_TAG_enumeration_type | gimli::DW_TAG_subroutine_type => {}
                // Collections point with `*const`, so that a `*mut` is there to be written through.
                gimli::DW_TAG_pointer_type if self.type_name(next).starts_with("*mut ") => {
                    return Contents::Changes(self.type_name(next));
                }
                // Pointers, arrays, and what C puts around types.
                _ => match entry.attr_value(gimli::DW_AT_type).and_then(|value| type_at(unit, &value)) {
                    Some(of) => pending.push(of),
                    None => return Contents::Changes(self.type_name(next)),
                },
            }
        }
        Contents::Constant
    }

    /// The types of the children of a type, also of those in its variants.
    fn referred_by(&self, ty: Type, wanted: impl Fn(DwTag) -> bool) -> Vec<Type> {
        self.children(ty, wanted).into_iter().filter_map(|child| self.referred(child)).collect()
    }

    fn referred(&self, child: Type) -> Option<Type> {
        let (unit, entry) = self.entry(child)?;
        type_at(unit, &entry.attr_value(gimli::DW_AT_type)?)
    }

    /// The entries in an entry, not counting what is in types that are declared in it.
    fn children(&self, ty: Type, wanted: impl Fn(DwTag) -> bool) -> Vec<Type> {
        let mut found = Vec::new();
        let Some((unit, entry)) = self.entry(ty) else { return found };
        let Ok(mut entries) = unit.entries_at_offset(entry.offset()) else { return found };
        // The depth counts from the first entry.
        let mut skipped = None;
        _ = entries.next_dfs();
        while let Ok(Some(child)) = entries.next_dfs() {
            if child.depth() <= 0 {
                break;
            }
            if skipped.is_some_and(|depth| child.depth() > depth) {
                continue;
            }
            skipped = is_type(child.tag()).then_some(child.depth());
            if wanted(child.tag()) {
                found.push(Type(unit.offset().0 + child.offset().0));
            }
        }
        found
    }
}

fn is_member(tag: DwTag) -> bool {
    tag == gimli::DW_TAG_member
}

/// Entries of which the children belong to something else.
fn is_type(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_structure_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
            | gimli::DW_TAG_subprogram
    )
}
