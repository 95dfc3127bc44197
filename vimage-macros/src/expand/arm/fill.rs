//! Items, with what an arm makes of each placeholder in its place.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItem, Item, TraitItem};

use super::{instances, plain, recovered};
use crate::expand::{exports, hook};
use crate::model::{Arm, Build, Placeholder, Source};
use crate::parse::code::unread;

pub(in crate::expand) fn items(source: &mut Source) -> TokenStream {
    let mut items = std::mem::take(&mut source.items);
    let mut fill = Fill { source };
    items.iter_mut().for_each(|item| fill.visit_item_mut(item));
    quote!(#(#items)*)
}

/// An initializer, which may have items in it.
fn filled(source: &Source, expr: &Expr) -> Expr {
    let mut expr = expr.clone();
    Fill { source }.visit_expr_mut(&mut expr);
    expr
}

struct Fill<'a> {
    source: &'a Source,
}

impl VisitMut for Fill<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        match Placeholder::index(item) {
            Some(index) => *item = Item::Verbatim(placeholder(self.source, &self.source.placeholders[index])),
            None => {
                visit_mut::visit_item_mut(self, item);
                unread::print(item);
            }
        }
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        visit_mut::visit_impl_item_mut(self, item);
        unread::print_method(item);
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        visit_mut::visit_trait_item_mut(self, item);
        unread::print_default(item);
    }
}

fn placeholder(source: &Source, placeholder: &Placeholder) -> TokenStream {
    let build = match (source.arm, placeholder) {
        (_, Placeholder::Foreign(tokens)) => return tokens.clone(),
        (Arm::Plain, Placeholder::Variable(variable, part)) => {
            let variable = plain::variable(source, variable, filled(source, &variable.init));
            let part = part.as_ref().map(|part| plain::part(source, part));
            return quote!(#variable #part);
        }
        (Arm::Instances, Placeholder::Variable(_, part)) => {
            return part
                .as_ref()
                .map(|part| instances::part(source, part, &|expr| filled(source, expr)))
                .unwrap_or_default();
        }
        (Arm::Recovered(Build::Plain), Placeholder::Variable(variable, part)) => {
            let variable = recovered::variable(variable, filled(source, &variable.init));
            let part = part.as_ref().and_then(|part| plain::module(source, part));
            return quote!(#variable #part);
        }
        (Arm::Recovered(Build::Instances), Placeholder::Variable(_, part)) => {
            return part
                .as_ref()
                .map(|part| recovered::part(source, part, &|expr| filled(source, expr)))
                .unwrap_or_default();
        }
        (Arm::Recovered(_), Placeholder::Hook(_) | Placeholder::Exports(_)) => return TokenStream::new(),
        (Arm::Plain, _) => Build::Plain,
        (Arm::Instances, _) => Build::Instances,
    };
    match placeholder {
        Placeholder::Hook(hook) => hook::registration(&source.krate, hook),
        Placeholder::Exports(exports) => exports::registration(&source.krate, exports, build),
        Placeholder::Variable(..) | Placeholder::Foreign(_) => unreachable!("expanded above"),
    }
}
