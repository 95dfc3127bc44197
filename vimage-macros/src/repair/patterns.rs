//! Takes reported names out of patterns, so that rustc does not say as well that they cannot shadow statics.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, FieldPat, Item, Pat, PatWild, Token, parse_quote};

use crate::attr;
use crate::parse::code::Context;
use crate::parse::code::accessor::{accessor, is_accessor};

pub(crate) fn unbind(items: &mut [Item], cx: &Context) {
    for item in items {
        let mut unbind = Unbind { cx, found: false };
        unbind.visit_item_mut(item);
        if let Some(attrs) = attr::of_item(item).filter(|_| unbind.found) {
            // The replacements match more than they did.
            attrs.push(parse_quote!(#[allow(unreachable_patterns)]));
        }
    }
}

struct Unbind<'a> {
    cx: &'a Context<'a>,
    found: bool,
}

impl Unbind<'_> {
    /// The pattern to put in the place of one with the name of a variable.
    fn substitute(&self, pat: &mut Pat) -> Option<Pat> {
        let is_use =
            |bound: &Option<Box<Expr>>| bound.as_deref().is_some_and(|bound| accessor(bound, self.cx).is_some());
        let below = match pat {
            Pat::Ident(binding) if is_accessor(&binding.ident, self.cx) => binding.subpat.take(),
            Pat::Range(range) if is_use(&range.start) || is_use(&range.end) => None,
            _ => return None,
        };
        let wild = || Pat::Wild(PatWild { attrs: Vec::new(), underscore_token: Token![_](Span::call_site()) });
        Some(below.map_or_else(wild, |(_, below)| *below))
    }
}

impl VisitMut for Unbind<'_> {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        visit_mut::visit_pat_mut(self, pat);
        if let Some(substitute) = self.substitute(pat) {
            *pat = substitute;
            self.found = true;
        }
    }

    fn visit_field_pat_mut(&mut self, field: &mut FieldPat) {
        visit_mut::visit_field_pat_mut(self, field);
        if matches!(*field.pat, Pat::Wild(_)) {
            field.colon_token.get_or_insert(Token![:](Span::mixed_site()));
        }
    }
}
