//! Visits what syn can parse.

use std::path::Path;

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::model::{Invocation, Mark, Source, Static, mark_named, one_line};
use super::tokens::Search;
use super::uses::names;

pub(super) struct Visitor<'a> {
    pub(super) source: &'a mut Source,
    pub(super) file: &'a Path,
    /// The conditions of the modules around the current item.
    pub(super) cfg: Vec<String>,
}

impl Visitor<'_> {
    /// Visits a whole file.
    pub(super) fn file(&mut self, file: &syn::File) {
        self.cfg.extend(conditions(&file.attrs));
        visit::visit_file(self, file);
    }

    fn within(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        let outside = self.cfg.len();
        self.cfg.extend(conditions(attributes));
        visit(self);
        self.cfg.truncate(outside);
    }

    fn note(&mut self, name: String, mac: &syn::Macro) {
        let lines = mac.span();
        let lines = lines.start().line..lines.end().line + 1;
        let names = names(mac.tokens.clone());
        self.source.invocations.push(Invocation { name, file: self.file.to_owned(), lines, names });
    }

    /// Notes the invocation, and searches its input. A mark in front of it is one for all statics in it.
    fn macro_with(&mut self, mac: &syn::Macro, mark: Mark) {
        let name = path_text(&mac.path);
        self.note(name.clone(), mac);
        let first = self.source.statics.len();
        let made_by = Some(format!("{name}!"));
        let mut search = Search { source: self.source, file: self.file, made_by, cfg: &self.cfg };
        search.search(mac.tokens.clone());
        if mark != Mark::None {
            self.source.statics[first..].iter_mut().for_each(|item| item.mark = mark);
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let mut cfg = self.cfg.clone();
        cfg.extend(conditions(&item.attrs));
        let ty = item.ty.span().source_text().unwrap_or_default();
        self.source.statics.push(Static {
            name: item.ident.to_string(),
            ty: one_line(&ty),
            file: self.file.to_owned(),
            line: item.ident.span().start().line,
            mark: mark(&item.attrs),
            is_mut: matches!(item.mutability, syn::StaticMutability::Mut(_)),
            reads: names(item.expr.to_token_stream()),
            is_public: matches!(item.vis, syn::Visibility::Public(_)),
            made_by: None,
            cfg,
        });
        visit::visit_item_static(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.within(&item.attrs, |inside| visit::visit_item_mod(inside, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(&item.attrs, |inside| visit::visit_item_fn(inside, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.within(&item.attrs, |inside| visit::visit_item_impl(inside, item));
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        self.within(&item.attrs, |inside| match &item.ident {
            // The body of a `macro_rules!`: what it makes has the macro's name.
            Some(name) => {
                inside.note(name.to_string(), &item.mac);
                let made_by = Some(format!("{name}!"));
                let mut search = Search { source: inside.source, file: inside.file, made_by, cfg: &inside.cfg };
                search.search(item.mac.tokens.clone());
            }
            None => inside.macro_with(&item.mac, mark(&item.attrs)),
        });
    }

    fn visit_stmt_macro(&mut self, statement: &'ast syn::StmtMacro) {
        self.within(&statement.attrs, |inside| inside.macro_with(&statement.mac, mark(&statement.attrs)));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.macro_with(mac, Mark::None);
    }
}

/// The conditions of `#[cfg(…)]` attributes, as they are written.
pub(super) fn conditions(attributes: &[syn::Attribute]) -> Vec<String> {
    let cfgs = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let lists = cfgs.filter_map(|attribute| attribute.meta.require_list().ok());
    lists.filter_map(|list| text_of(list.tokens.clone())).map(|text| one_line(&text)).collect()
}

fn text_of(tokens: proc_macro2::TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (first, last) = (tokens.first()?.span(), tokens.last()?.span());
    first.join(last)?.source_text()
}

fn mark(attributes: &[syn::Attribute]) -> Mark {
    let last = |attribute: &syn::Attribute| attribute.path().segments.last().map(|last| last.ident.to_string());
    attributes
        .iter()
        .filter_map(last)
        .map(|name| mark_named(&name))
        .find(|mark| *mark != Mark::None)
        .unwrap_or(Mark::None)
}

fn path_text(path: &syn::Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.join("::")
}
