//! A variable under the name it had before. rustc would only say that it cannot find it, or worse, find
//! something else of that name that a glob import brings.

use std::collections::HashSet;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, ConstParam, Expr, ExprPath, FieldPat, Ident, Item, ItemMod, LitStr, Macro, PatIdent, Path, Stmt,
    UseName, UseRename, UseTree, Variant,
};

use crate::attr::{Ours, Recognizer};
use crate::errors::Errors;
use crate::names;
use crate::parse::{is_thread_local, thread_local_names};
use crate::region::pieces::{Piece, Pieces};
use crate::region::{format, macros};

/// Reports such names and adds what is missing, so that rustc does not report them again.
pub(crate) fn check_and_repair(items: &mut [&mut Item], recognizer: Recognizer, errors: &Errors) {
    let mut others = Others { recognizer, names: HashSet::new() };
    items.iter().for_each(|item| others.visit_item(item));
    let mut uses = Uses { recognizer, errors, others: others.names, visible: Vec::new(), repaired: 0 };
    items.iter().for_each(|item| uses.declare(item));
    items.iter_mut().for_each(|item| uses.visit_item_mut(item));
}

/// The names that something else in the module bears too: for these nothing can be said.
struct Others<'a> {
    recognizer: Recognizer<'a>,
    names: HashSet<String>,
}

impl Others<'_> {
    fn add(&mut self, name: &Ident) {
        self.names.insert(name.unraw().to_string());
    }
}

impl Visit<'_> for Others<'_> {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Const(item) => self.add(&item.ident),
            Item::Fn(item) => self.add(&item.sig.ident),
            Item::Static(item) if !is_virtualized(self.recognizer, &item.attrs) => self.add(&item.ident),
            // Tuple and unit structs are values as well.
            Item::Struct(item) => self.add(&item.ident),
            // What a macro makes is unknown: each word in it may be the name of an item.
            Item::Macro(item) if !is_thread_local(&item.mac) => {
                words(item.mac.tokens.clone(), &mut |word| self.add(word));
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_pat_ident(&mut self, pat: &PatIdent) {
        self.add(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_field_pat(&mut self, field: &FieldPat) {
        if let syn::Member::Named(name) = &field.member {
            self.add(name);
        }
        visit::visit_field_pat(self, field);
    }

    fn visit_variant(&mut self, variant: &Variant) {
        self.add(&variant.ident);
        visit::visit_variant(self, variant);
    }

    fn visit_const_param(&mut self, param: &ConstParam) {
        self.add(&param.ident);
    }

    fn visit_foreign_item_static(&mut self, item: &syn::ForeignItemStatic) {
        self.add(&item.ident);
    }

    fn visit_use_name(&mut self, name: &UseName) {
        self.add(&name.ident);
    }

    fn visit_use_rename(&mut self, rename: &UseRename) {
        self.add(&rename.rename);
    }
}

struct Uses<'a> {
    recognizer: Recognizer<'a>,
    errors: &'a Errors,
    others: HashSet<String>,
    /// The variables whose old names could be meant here.
    visible: Vec<String>,
    /// How often one of them was.
    repaired: usize,
}

impl Uses<'_> {
    fn declare(&mut self, item: &Item) {
        match item {
            Item::Static(item) if is_virtualized(self.recognizer, &item.attrs) => self.declare_name(&item.ident),
            Item::Macro(item) => self.declare_in_macro(&item.attrs, &item.mac),
            _ => {}
        }
    }

    fn declare_in_macro(&mut self, attrs: &[Attribute], mac: &Macro) {
        if is_thread_local(mac) && is_virtualized(self.recognizer, attrs) {
            thread_local_names(mac).iter().for_each(|name| self.declare_name(name));
        }
    }

    fn declare_name(&mut self, name: &Ident) {
        let name = name.unraw().to_string();
        if !self.others.contains(&name) {
            self.visible.push(name);
        }
    }
}

impl Uses<'_> {
    fn is_visible(&self, name: &Ident) -> bool {
        self.visible.contains(&name.unraw().to_string())
    }

    /// Puts the new name in the place of an old one. Hands back both.
    fn repair(&mut self, expr: &mut ExprPath) -> Option<(Ident, Ident)> {
        let name = local_name(&mut expr.path).filter(|name| expr.qself.is_none() && self.is_visible(name))?;
        let accessor = names::accessor(name);
        self.repaired += 1;
        Some((std::mem::replace(name, accessor.clone()), accessor))
    }

    /// Of what the new name cannot be either, the rewriting says so.
    fn arguments(&mut self, arguments: &mut Pieces, outer: &[Ident]) {
        let names = [&arguments.names, outer].concat();
        for piece in &mut arguments.pieces {
            match piece {
                Piece::Field(Expr::Path(path)) => drop(self.repair(path)),
                Piece::Expr(expr) | Piece::Field(expr) | Piece::Closed(expr) => self.visit_expr_mut(expr),
                Piece::Format(format) => self.format(format, &names),
                Piece::Group(_, inner) => self.arguments(inner, &names),
                Piece::Statements(statements) => statements.iter_mut().for_each(|stmt| self.visit_stmt_mut(stmt)),
                Piece::Pat(_) | Piece::Tokens(_) => {}
            }
        }
    }

    fn format(&mut self, format: &mut LitStr, names: &[Ident]) {
        let text = format.value();
        let mut repaired = text.clone();
        // From behind, so that places stay what they are.
        for capture in format::captures(&text).into_iter().rev() {
            let Ok(name) = syn::parse_str::<Ident>(capture) else { continue };
            if self.is_visible(&name) && !names.contains(&name) {
                repaired.insert_str(capture.as_ptr().addr() - text.as_ptr().addr(), names::ACCESSOR);
                self.repaired += 1;
            }
        }
        if repaired != text {
            *format = LitStr::new(&repaired, format.span());
        }
    }
}

impl VisitMut for Uses<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        if !self.recognizer.is_declared_module(item) {
            visit_mut::visit_item_mut(self, item);
        }
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        let Some((_, items)) = &module.content else { return };
        let outside = std::mem::take(&mut self.visible);
        if items.iter().any(is_use_super) {
            self.visible.clone_from(&outside);
        }
        items.iter().for_each(|item| self.declare(item));
        visit_mut::visit_item_mod_mut(self, module);
        self.visible = outside;
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let outside = self.visible.clone();
        if block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Item(item) if is_glob(item))) {
            // It goes before what is outside of the block, and may bring anything.
            self.visible.clear();
        }
        for stmt in &block.stmts {
            match stmt {
                Stmt::Item(item) => self.declare(item),
                Stmt::Macro(call) => self.declare_in_macro(&call.attrs, &call.mac),
                _ => {}
            }
        }
        visit_mut::visit_block_mut(self, block);
        self.visible = outside;
    }

    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        if let Some((name, accessor)) = self.repair(expr) {
            self.errors.at(&name, format!("`{name}` is virtualized: write `{accessor}`"));
        }
        visit_mut::visit_expr_path_mut(self, expr);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let Some(mut arguments) = macros::arguments_by_name(mac) else { return };
        let before = self.repaired;
        self.arguments(&mut arguments, &[]);
        if self.repaired > before {
            mac.tokens = arguments.into_token_stream();
        }
    }
}

fn is_virtualized(recognizer: Recognizer, attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| recognizer.ours(attr) == Some(Ours::Virtualized))
}

/// `NAME` or `self::NAME`.
fn local_name(path: &mut Path) -> Option<&mut Ident> {
    let in_this_module = match path.segments.len() {
        1 => true,
        2 => path.segments[0].ident == "self",
        _ => false,
    };
    path.segments.last_mut().filter(|_| in_this_module).map(|last| &mut last.ident)
}

/// `use super::*;`
fn is_use_super(item: &Item) -> bool {
    let Item::Use(item) = item else { return false };
    matches!(&item.tree, UseTree::Path(path) if path.ident == "super" && matches!(*path.tree, UseTree::Glob(_)))
}

/// `use …::*;`
fn is_glob(item: &Item) -> bool {
    fn brings_glob(tree: &UseTree) -> bool {
        match tree {
            UseTree::Path(path) => brings_glob(&path.tree),
            UseTree::Group(group) => group.items.iter().any(brings_glob),
            UseTree::Glob(_) => true,
            UseTree::Name(_) | UseTree::Rename(_) => false,
        }
    }
    matches!(item, Item::Use(item) if brings_glob(&item.tree))
}

fn words(tokens: proc_macro2::TokenStream, found: &mut impl FnMut(&Ident)) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(word) => found(&word),
            proc_macro2::TokenTree::Group(group) => words(group.stream(), found),
            _ => {}
        }
    }
}
