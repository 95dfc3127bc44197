//! Attributes and their options.

mod carried;
mod harness;
mod kind;
pub(crate) mod options;
mod recognize;

use proc_macro2::TokenStream;
use syn::{AttrStyle, Attribute, Item, Meta};

pub(crate) use self::carried::{Obstacle, making_statics, names};
pub(crate) use self::harness::{expanded_before, makes_a_test};
pub(crate) use self::kind::{AttrKind, HookKind};
pub(crate) use self::recognize::{Recognizer, may_be_imported};
use crate::diagnostics as problem;

/// The tokens between the parentheses of an attribute.
pub(crate) fn arguments(attr: &Attribute) -> syn::Result<TokenStream> {
    match &attr.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(value) => {
            let name = value.path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
            Err(problem::attribute_form(name).at(value.eq_token))
        }
    }
}

/// The attributes that decide whether an item is there.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| names(attr).iter().any(|name| name.is("cfg"))).cloned().collect()
}

pub(crate) fn outer(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Outer))
}

pub(crate) fn inner(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Inner(_)))
}

/// The attributes of an item, where it has any.
pub(crate) fn of_item(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::ExternCrate(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::ForeignMod(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Macro(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::TraitAlias(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}

/// Whether the last segment of an attribute's path contains `word`: `#[tokio::main]`.
pub(crate) fn contains_word(attrs: &[Attribute], word: &str) -> bool {
    attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident.to_string().contains(word)))
}
