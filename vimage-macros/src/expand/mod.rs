//! From the model to tokens, one file per kind of output. Nothing can fail here.

pub(crate) mod class;
pub(crate) mod function;
mod hook;
pub(crate) mod lifetimes;
mod module;
mod names;
mod part;
mod recovery;
mod variable;

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Item};

pub(crate) use self::module::expand as module;

use crate::model::{Slot, Source};

/// Annotated items that stand alone.
pub(crate) fn open(source: &Source) -> TokenStream {
    source.arm.items(source)
}

/// The builds that differ in what is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The default one: each variable is the static that it was.
    Plain,
    /// Those in which variables are fields.
    Instances,
}

/// What the items are generated for.
#[derive(Clone, Copy)]
pub(crate) enum Arm {
    /// The default build.
    Plain,
    /// Those in which variables are in parts.
    Instances,
    /// The default build, in a compilation that fails anyway.
    RecoveredPlain,
    /// Those in which variables are in parts, likewise.
    RecoveredInstances,
}

impl Arm {
    fn items(self, source: &Source) -> TokenStream {
        let mut items = source.items.clone();
        let mut fill = Fill { arm: self, source };
        items.iter_mut().for_each(|item| fill.visit_item_mut(item));
        quote!(#(#items)*)
    }

    fn expr(self, source: &Source, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        Fill { arm: self, source }.visit_expr_mut(&mut expr);
        expr
    }

    fn slot(self, source: &Source, slot: &Slot) -> TokenStream {
        match (self, slot) {
            (_, Slot::Foreign(tokens)) => tokens.clone(),
            (Self::Plain, Slot::Variable(variable, part)) => {
                let part = part.as_ref().map(|part| part::plain(source, part));
                let names = variable.names.as_ref().map(|names| names::registration(&source.krate, names, self));
                let variable = variable::plain(source, variable);
                quote!(#variable #part #names)
            }
            (Self::Instances, Slot::Variable(_, part)) => {
                part.as_ref().map_or_else(TokenStream::new, |part| part::instances(source, part))
            }
            (Self::RecoveredPlain, Slot::Variable(variable, part)) => {
                let part = part.as_ref().map(|part| part::plain(source, part));
                let variable = recovery::static_item(source, variable);
                quote!(#variable #part)
            }
            (Self::RecoveredInstances, Slot::Variable(_, part)) => {
                part.as_ref().map_or_else(TokenStream::new, |part| recovery::accessors(source, part))
            }
            (Self::RecoveredPlain | Self::RecoveredInstances, Slot::Hook(_) | Slot::Names(_)) => TokenStream::new(),
            (_, Slot::Names(names)) => names::registration(&source.krate, names, self),
            (_, Slot::Hook(hook)) => hook::registration(&source.krate, hook),
        }
    }
}

/// Puts what an arm makes of a slot into its place.
struct Fill<'a> {
    arm: Arm,
    source: &'a Source,
}

impl VisitMut for Fill<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        match Slot::index(item) {
            Some(index) => *item = Item::Verbatim(self.arm.slot(self.source, &self.source.slots[index])),
            None => visit_mut::visit_item_mut(self, item),
        }
    }
}
