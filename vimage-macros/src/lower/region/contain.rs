//! Macro calls in async code.
//!
//! A name alone does not prove that a macro is the known one. Were it redefined to contain an `.await`, something could be
//! borrowed across it, and rustc could not tell. So a call is made where an `.await` is an error, or is proven to be of
//! the known macro, or is taken for one that waits.

use std::mem;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::VisitMut;
use syn::{
    Expr, ExprMacro, Ident, Item, ItemMacro, ItemUse, Macro, Path, Stmt, StmtMacro, UseName, UseRename, UseTree,
    parse_quote_spanned,
};

use super::awaits::{self, Treatment};
use super::rewriter::Rewriter;
use crate::parse::code::known;

impl Rewriter<'_> {
    /// A macro call in async code.
    pub(super) fn macro_in_async(&mut self, expr: &mut Expr) {
        let Expr::Macro(ExprMacro { attrs, mac }) = expr else { unreachable!("only called on calls") };
        if let Some(call) = self.contain(mac, false) {
            *expr = parse_quote_spanned!(Span::mixed_site()=> #(#attrs)* #call);
        }
    }

    pub(super) fn macro_stmt_in_async(&mut self, stmt: &mut Stmt) {
        let Stmt::Macro(StmtMacro { mac, attrs, semi_token }) = stmt else { unreachable!("only called on calls") };
        if let Some(call) = self.contain(mac, true) {
            let mixed = Span::mixed_site();
            let call = match semi_token {
                Some(_) => parse_quote_spanned!(mixed=> #(#attrs)* #call),
                // A call in braces: a statement, or the tail of a block.
                None => parse_quote_spanned!(mixed=> #(#attrs)* { #call }),
            };
            *stmt = Stmt::Expr(call, *semi_token);
        }
    }

    /// Rewrites the arguments; gives what the call becomes if it does not stay as it is.
    fn contain(&mut self, mac: &mut Macro, is_statement: bool) -> Option<Expr> {
        let mixed = Span::mixed_site();
        let treatment = awaits::treatment(mac, is_statement, &self.cx);
        // What is among its arguments has a barrier of its own.
        self.is_settled = false;
        if treatment == Treatment::InPlace {
            self.relied_on.push(mac.path.clone());
        }
        // The closure is the user's, for coverage leaves out those of expansions.
        let head = quote_spanned!(mac.path.span()=> ||);
        self.visit_macro_mut(mac);
        match treatment {
            Treatment::Closure => Some(parse_quote_spanned!(mixed=> (#head #mac)())),
            Treatment::Never => {
                let mut body = Group::new(Delimiter::Brace, mac.to_token_stream());
                body.set_span(mac.delimiter.span().join());
                Some(parse_quote_spanned!(mixed=> (#head -> ! #body)()))
            }
            Treatment::InPlace | Treatment::Waits => None,
        }
    }

    /// Statements that compile only if the macros that were relied on are those of the standard library.
    ///
    /// What is imported by `*` gives way to nothing: rustc calls a name ambiguous that means another macro without it.
    pub(super) fn proofs(&mut self) -> Vec<Stmt> {
        let mut paths = mem::take(&mut self.relied_on);
        paths.sort_by_key(|path| path.to_token_stream().to_string());
        paths.dedup_by_key(|path| path.to_token_stream().to_string());
        paths.iter().map(|path| proof(path, self.cx.krate)).collect()
    }
}

fn proof(path: &Path, krate: &Path) -> Stmt {
    let mut parent = path.clone();
    let name = parent.segments.pop().expect("a macro has a name").ident;
    parent.segments.pop_punct();
    let at = Span::mixed_site().located_at(name.span());
    let import = (!parent.segments.is_empty()).then(|| quote_spanned!(at=> use #parent::*;));
    let (arguments, value) = known::call(&name).expect("it can be proven");
    let [arguments, value] = [arguments, value].map(|text| tokens(text, at));
    // Said of this call too, where the user allows it for a statement.
    let lint = match name.to_string().as_str() {
        "dbg" => Some(quote_spanned!(at=> #[allow(clippy::dbg_macro)])),
        "print" | "println" => Some(quote_spanned!(at=> #[allow(clippy::print_stdout)])),
        "eprint" | "eprintln" => Some(quote_spanned!(at=> #[allow(clippy::print_stderr)])),
        _ => None,
    };
    parse_quote_spanned!(at=> #lint {
        #import
        use #krate::__private::std_macros::*;
        let _ = || {
            let _: #value = #name! #arguments;
            __Poll::Ready(())
        };
    })
}

fn tokens(text: &str, at: Span) -> TokenStream {
    fn located(tokens: TokenStream, at: Span) -> TokenStream {
        let located = |mut tree: TokenTree| {
            if let TokenTree::Group(group) = &tree {
                tree = Group::new(group.delimiter(), located(group.stream(), at)).into();
            }
            tree.set_span(at);
            tree
        };
        tokens.into_iter().map(located).collect()
    }
    located(text.parse().expect("these are tokens"), at)
}

/// The names of known macros that items define or import by their names.
pub(super) fn redefined(items: &[Item]) -> Vec<Ident> {
    let mut names = Names(Vec::new());
    items.iter().for_each(|item| names.visit_item(item));
    names.0
}

struct Names(Vec<Ident>);

impl Visit<'_> for Names {
    fn visit_item_use(&mut self, item: &ItemUse) {
        let is_std = |root: &Ident| ["std", "core", "alloc"].iter().any(|library| root == library);
        match &item.tree {
            UseTree::Path(path) if is_std(&path.ident) => {}
            _ => visit::visit_item_use(self, item),
        }
    }

    fn visit_use_name(&mut self, name: &UseName) {
        self.0.push(name.ident.clone());
    }

    fn visit_use_rename(&mut self, name: &UseRename) {
        self.0.push(name.rename.clone());
    }

    fn visit_item_macro(&mut self, item: &ItemMacro) {
        self.0.extend(item.ident.clone());
        visit::visit_item_macro(self, item);
    }
}
