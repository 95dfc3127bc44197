//! Places that checks found, and how they are corrected.
//!
//! A check finds a place in the items and cannot change it. It hands back the address of the place; the items stay where
//! they are until they are corrected.

use std::collections::{HashMap, HashSet};
use std::ptr;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprPath, Ident, ItemMacro, ItemStatic, Macro, Path, StmtMacro, Type, parse_quote};

use crate::idents;
use crate::model::Input;
use crate::parse::code::pieces::{Piece, Pieces};

/// Places that are to be corrected, by their addresses.
#[derive(Default)]
pub(crate) struct Corrections {
    /// Names that lack the prefix of accessors.
    names: HashSet<*const ExprPath>,
    /// Calls of macros, and the arguments that they get.
    macros: HashMap<*const Macro, TokenStream>,
    /// Variables whose types have parameters.
    generic: HashMap<*const ItemStatic, Vec<Ident>>,
    /// Statics without a decision that are used as variables.
    undecided: HashSet<*const ItemStatic>,
    /// The same, of calls of `thread_local!`.
    undecided_macros: HashSet<*const Macro>,
    /// Something was corrected in text already.
    text: bool,
}

impl Corrections {
    /// A variable is named without its prefix.
    pub(crate) fn name(&mut self, expr: &ExprPath) {
        self.names.insert(ptr::from_ref(expr));
    }

    /// A string is corrected already.
    pub(crate) fn text(&mut self) {
        self.text = true;
    }

    /// A macro is to get other arguments.
    pub(crate) fn macro_call(&mut self, mac: &Macro, arguments: TokenStream) {
        self.macros.insert(ptr::from_ref(mac), arguments);
    }

    /// The type of a variable depends on some of these parameters.
    pub(crate) fn generic(&mut self, item: &ItemStatic, parameters: &[Ident]) {
        self.generic.insert(ptr::from_ref(item), parameters.to_vec());
    }

    /// A static has no attribute, and its uses are those of a variable.
    pub(crate) fn undecided(&mut self, item: &ItemStatic) {
        self.undecided.insert(ptr::from_ref(item));
    }

    /// The same, of a `thread_local!`.
    pub(crate) fn undecided_macro(&mut self, mac: &Macro) {
        self.undecided_macros.insert(ptr::from_ref(mac));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
            && self.macros.is_empty()
            && self.generic.is_empty()
            && self.undecided.is_empty()
            && self.undecided_macros.is_empty()
            && !self.text
    }

    /// Corrects the items.
    pub(crate) fn apply(mut self, input: &mut Input) {
        if !self.is_empty() {
            input.items.iter_mut().for_each(|(item, _)| self.visit_item_mut(item));
        }
    }

    /// Corrects the arguments of a macro call.
    pub(crate) fn arguments(mut self, mut arguments: Pieces) -> TokenStream {
        self.pieces(&mut arguments);
        arguments.into_token_stream()
    }

    fn pieces(&mut self, arguments: &mut Pieces) {
        for piece in &mut arguments.pieces {
            match piece {
                Piece::Expr(expr) | Piece::Field(expr) | Piece::Closed(expr) => self.visit_expr_mut(expr),
                Piece::Group(_, inner) => self.pieces(inner),
                Piece::Statements(statements) => statements.iter_mut().for_each(|stmt| self.visit_stmt_mut(stmt)),
                Piece::Pat(_) | Piece::Tokens(_) | Piece::Format(_) => {}
            }
        }
    }
}

impl VisitMut for Corrections {
    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        if self.names.contains(&ptr::from_mut(expr).cast_const())
            && let Some(last) = expr.path.segments.last_mut()
        {
            last.ident = idents::accessor(&last.ident);
        }
        visit_mut::visit_expr_path_mut(self, expr);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if let Some(arguments) = self.macros.remove(&ptr::from_mut(mac).cast_const()) {
            mac.tokens = arguments;
        }
    }

    fn visit_item_static_mut(&mut self, item: &mut ItemStatic) {
        if let Some(parameters) = self.generic.remove(&ptr::from_mut(item).cast_const()) {
            WithoutParameters { parameters: &parameters }.visit_item_static_mut(item);
        }
        if self.undecided.contains(&ptr::from_mut(item).cast_const()) {
            item.attrs.push(parse_quote!(#[virtualized]));
        }
        visit_mut::visit_item_static_mut(self, item);
    }

    fn visit_item_macro_mut(&mut self, item: &mut ItemMacro) {
        if self.undecided_macros.contains(&ptr::from_ref(&item.mac)) {
            item.attrs.push(parse_quote!(#[virtualized]));
        }
        visit_mut::visit_item_macro_mut(self, item);
    }

    fn visit_stmt_macro_mut(&mut self, stmt: &mut StmtMacro) {
        if self.undecided_macros.contains(&ptr::from_ref(&stmt.mac)) {
            stmt.attrs.push(parse_quote!(#[virtualized]));
        }
        visit_mut::visit_stmt_macro_mut(self, stmt);
    }
}

/// Replaces parameters by something that compiles without them.
struct WithoutParameters<'a> {
    parameters: &'a [Ident],
}

impl WithoutParameters<'_> {
    fn is_parameter(&self, path: &Path) -> bool {
        path.segments.first().is_some_and(|first| self.parameters.contains(&first.ident))
    }
}

impl VisitMut for WithoutParameters<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.qself.is_none() && self.is_parameter(&path.path) => *ty = parse_quote!(()),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(path) if path.qself.is_none() && self.is_parameter(&path.path) => *expr = parse_quote!(0),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }
}
