//! A variable under the name it had before. rustc would only say that it cannot find it, or worse, find
//! something else of that name that a glob import brings.

use std::collections::HashSet;
use std::mem;

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ConstParam, Expr, ExprPath, FieldPat, Ident, Item, ItemMod, LitStr, Macro, PatIdent, Path, Stmt,
    UseName, UseRename, UseTree, Variant,
};

use crate::attr::{AttrKind, Recognizer};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::idents;
use crate::model::Input;
use crate::parse::code::pieces::{Piece, Pieces};
use crate::parse::code::{format, known};
use crate::parse::{is_thread_local, thread_local_names};
use crate::repair::Corrections;

/// Reports uses of such names.
pub(super) fn check(input: &Input, corrections: &mut Corrections, diagnostics: &Diagnostics) {
    let recognizer = Recognizer { krate: &input.krate };
    let mut others = Others { recognizer, names: HashSet::new() };
    input.items.iter().for_each(|(item, _)| others.visit_item(item));
    let mut uses = Uses { recognizer, diagnostics, others: others.names, visible: Vec::new(), corrections };
    input.items.iter().for_each(|(item, _)| uses.declare(item));
    input.items.iter().for_each(|(item, _)| uses.visit_item(item));
}

/// The names that something else in the module has as well: a use of one of these may be right.
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
    diagnostics: &'a Diagnostics,
    others: HashSet<String>,
    /// The variables whose old names could be meant here.
    visible: Vec<String>,
    corrections: &'a mut Corrections,
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

    fn is_visible(&self, name: &Ident) -> bool {
        self.visible.contains(&name.unraw().to_string())
    }

    /// The old name that an expression consists of.
    fn old_name<'e>(&self, expr: &'e ExprPath) -> Option<&'e Ident> {
        local_name(&expr.path).filter(|name| expr.qself.is_none() && self.is_visible(name))
    }

    /// Where the new name cannot be used either, the rewriting says so.
    fn arguments(&mut self, arguments: &mut Pieces, outer: &[Ident]) {
        let names = [&arguments.names, outer].concat();
        for piece in &mut arguments.pieces {
            match piece {
                Piece::Field(Expr::Path(path)) => {
                    if self.old_name(path).is_some() {
                        self.corrections.name(path);
                    }
                }
                Piece::Expr(expr) | Piece::Field(expr) | Piece::Closed(expr) => self.visit_expr(expr),
                Piece::Format(format) => self.format(format, &names),
                Piece::Group(_, inner) => self.arguments(inner, &names),
                Piece::Statements(statements) => statements.iter().for_each(|stmt| self.visit_stmt(stmt)),
                Piece::Pat(_) | Piece::Tokens(_) => {}
            }
        }
    }

    fn format(&mut self, format: &mut LitStr, names: &[Ident]) {
        let text = format.value();
        let mut corrected = text.clone();
        // From behind, so that places stay what they are.
        for capture in format::captures(&text).into_iter().rev() {
            let Ok(name) = syn::parse_str::<Ident>(capture) else { continue };
            if self.is_visible(&name) && !names.contains(&name) {
                corrected.insert_str(capture.as_ptr().addr() - text.as_ptr().addr(), idents::ACCESSOR);
            }
        }
        if corrected != text {
            *format = LitStr::new(&corrected, format.span());
            self.corrections.text();
        }
    }
}

impl Visit<'_> for Uses<'_> {
    fn visit_item(&mut self, item: &Item) {
        if !self.recognizer.is_declared_module(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        let Some((_, items)) = &module.content else { return };
        let outside = mem::take(&mut self.visible);
        if items.iter().any(is_use_super) {
            self.visible.clone_from(&outside);
        }
        items.iter().for_each(|item| self.declare(item));
        visit::visit_item_mod(self, module);
        self.visible = outside;
    }

    fn visit_block(&mut self, block: &Block) {
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
        visit::visit_block(self, block);
        self.visible = outside;
    }

    fn visit_expr_path(&mut self, expr: &ExprPath) {
        if let Some(name) = self.old_name(expr) {
            self.diagnostics.at(name, problem::unprefixed(name, idents::accessor(name)));
            self.corrections.name(expr);
        }
        visit::visit_expr_path(self, expr);
    }

    fn visit_macro(&mut self, mac: &Macro) {
        let Some(mut arguments) = known::arguments_by_name(mac) else { return };
        // The arguments are read here, so that what is to be corrected in them is corrected here.
        let outside = mem::take(self.corrections);
        self.arguments(&mut arguments, &[]);
        let inside = mem::replace(self.corrections, outside);
        if !inside.is_empty() {
            self.corrections.macro_call(mac, inside.arguments(arguments));
        }
    }
}

fn is_virtualized(recognizer: Recognizer, attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| recognizer.kind(attr) == Some(AttrKind::Virtualized))
}

/// `NAME` or `self::NAME`.
fn local_name(path: &Path) -> Option<&Ident> {
    let in_this_module = match path.segments.len() {
        1 => true,
        2 => path.segments[0].ident == "self",
        _ => false,
    };
    path.segments.last().filter(|_| in_this_module).map(|last| &last.ident)
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
