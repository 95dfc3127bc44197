//! An item under `#[virtualized(…)]`, `#[attach(…)]` and so on, where no module has taken the attribute off.

use proc_macro2::{Span, TokenStream};
use syn::{ForeignItem, Item, TraitItemFn};

use super::attributes;
use super::bodies::{Bodies, Reading};
use super::common::{FOREIGN_STATIC, OTHER_ITEM, Parsed, start};
use crate::attr::AttrKind;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{CodeOptions, Input, View};

/// The item with the attribute read.
pub(crate) fn item(
    kind: AttrKind,
    args: TokenStream,
    input: TokenStream,
    reading: Reading,
    diagnostics: &Diagnostics,
) -> Parsed<Input> {
    let attr = attributes::read(kind, args, Span::call_site(), diagnostics);
    let (tokens, bodies) = Bodies::cut(input.clone(), reading);
    let mut item = match syn::parse2(tokens) {
        Ok(Item::Verbatim(_)) => {
            if kind != AttrKind::Virtualized || !is_bodyless_method(&input) {
                let foreign = matches!(syn::parse2(input.clone()), Ok(ForeignItem::Static(_)));
                let item = if foreign { FOREIGN_STATIC } else { OTHER_ITEM };
                diagnostics.at_span(start(&input), problem::misplaced(kind.name(), kind.right_place(), item));
            }
            return Err(input);
        }
        Ok(item) => item,
        Err(error) => {
            diagnostics.unreadable(error);
            return Err(input);
        }
    };
    bodies.put_back([&mut item], diagnostics);
    Ok(Input {
        view: View::Open,
        krate: attr.runtime(),
        items: vec![(item, vec![attr])],
        code: CodeOptions::default(),
        symmap: false,
        module: None,
    })
}

/// A method of a trait, which has no code.
fn is_bodyless_method(input: &TokenStream) -> bool {
    syn::parse2::<TraitItemFn>(input.clone()).is_ok_and(|method| method.default.is_none())
}
