//! What attributes and types say.

use std::collections::BTreeSet;
use std::ops::Range;

use syn::{Attribute, Item, Meta, Type};

use super::model::{Decision, place, words};

pub(super) fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}

pub(super) fn declares_module(attrs: &[Attribute]) -> bool {
    const NAMES: [&str; 4] = ["module", "vnet_module", "vcpu_module", "vprocg_module"];
    let named = |attr: &Attribute| {
        let path = attr.path();
        let last = path.segments.last().map(|last| last.ident.to_string());
        last.is_some_and(|last| NAMES.contains(&&*last) && (last != "module" || path.segments.len() > 1))
    };
    attrs.iter().any(named)
}

/// Under `#[cfg(test)]` or `#[test]`.
pub(super) fn is_for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let mut found = BTreeSet::new();
            words(list.tokens.clone(), &mut found);
            found.contains("test") && !found.contains("not")
        }
        meta => meta.path().is_ident("test"),
    })
}

/// What our attributes say, and the place of a `#[virtualized]` without options.
pub(super) fn decision(attrs: &[Attribute]) -> Option<(Decision, Option<Range<usize>>)> {
    attrs.iter().find_map(|attr| match attr.path().segments.last()?.ident.to_string().as_str() {
        "shared" => Some((Decision::Shared, None)),
        "virtualized" => Some(match &attr.meta {
            Meta::List(list) if has_keep(list) => (Decision::Keep, None),
            Meta::Path(path) => (Decision::Virtualized, Some(place(path))),
            _ => (Decision::Virtualized, None),
        }),
        _ => None,
    })
}

fn has_keep(list: &syn::MetaList) -> bool {
    let mut found = BTreeSet::new();
    words(list.tokens.clone(), &mut found);
    found.contains("keep")
}

pub(super) fn attrs(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether a value of this type never changes, by the names of its types alone; as the macros decide it.
pub(super) fn never_changes(ty: &Type) -> bool {
    const PRIMITIVES: &[&str] = &[
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64",
        "u8", "usize",
    ];
    match ty {
        Type::Array(array) => never_changes(&array.elem),
        Type::Slice(slice) => never_changes(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(never_changes),
        Type::Reference(reference) => reference.mutability.is_none() && never_changes(&reference.elem),
        Type::Paren(inner) => never_changes(&inner.elem),
        Type::Path(path) => {
            path.qself.is_none()
                && path.path.get_ident().is_some_and(|name| PRIMITIVES.iter().any(|known| name == known))
        }
        _ => false,
    }
}
