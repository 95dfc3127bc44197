//! Bodies that stay tokens: how they are kept in the place of statements.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Block, Expr, ImplItem, Item, Stmt, Token, TraitItem};

/// A body that was not parsed, in its braces.
pub(crate) enum Unread {
    /// Nothing in it is of interest.
    Untouched(Group),
    /// It uses variables, and [`simple`](super::simple) has found that each name in it that starts like one is a use where
    /// one is allowed. It is parsed to be rewritten.
    Checked(Group),
    /// The same, and each use becomes a place, one token after the other.
    Uses { body: Group, before: TokenStream, end: End },
}

/// The end of a body.
pub(crate) enum End {
    Tail(TokenStream),
    Semicolon(Token![;]),
}

impl Unread {
    /// As statements that no visitor looks into, for the time until [`print`] or the rewriting. Empty ones in front, which
    /// syn makes of nothing, say that it is this.
    pub(crate) fn into_statements(self) -> Vec<Stmt> {
        let empty = || verbatim(TokenStream::new());
        let group = |group: Group| verbatim(TokenTree::from(group).into());
        match self {
            Self::Untouched(body) => vec![empty(), group(body)],
            Self::Checked(body) => vec![empty(), empty(), group(body)],
            Self::Uses { body, before, end } => [vec![empty(), empty(), group(body)], code(before, end)].concat(),
        }
    }

    /// Takes such a body out of a block.
    pub(crate) fn take(block: &mut Block) -> Option<Self> {
        let (empty, body) = find(block)?;
        let mut parts = std::mem::take(&mut block.stmts).into_iter().skip(empty + 1);
        match (empty, parts.len()) {
            (1, _) => return Some(Self::Untouched(body)),
            (_, 0) => return Some(Self::Checked(body)),
            _ => {}
        }
        let (first, semicolon) = match parts.next() {
            Some(Stmt::Expr(Expr::Verbatim(tokens), end)) => (tokens, end),
            _ => unreachable!("made by `into_statements`"),
        };
        let (before, end) = match (semicolon, parts.next()) {
            (Some(semicolon), _) => (first, End::Semicolon(semicolon)),
            (None, Some(Stmt::Expr(Expr::Verbatim(tail), None))) => (first, End::Tail(tail)),
            (None, _) => (TokenStream::new(), End::Tail(first)),
        };
        Some(Self::Uses { body, before, end })
    }

    /// The body, parsed.
    pub(crate) fn read(self) -> syn::Result<Vec<Stmt>> {
        let (Self::Untouched(body) | Self::Checked(body) | Self::Uses { body, .. }) = self;
        Block::parse_within.parse2(body.stream())
    }
}

/// Statements of which the last one is the tail, if there is one. The first one is not empty: that would say that this is a
/// body which was not parsed.
pub(crate) fn code(before: TokenStream, end: End) -> Vec<Stmt> {
    match end {
        End::Tail(tail) if before.is_empty() => vec![verbatim(tail)],
        End::Tail(tail) => vec![verbatim(before), verbatim(tail)],
        End::Semicolon(semicolon) => vec![Stmt::Expr(Expr::Verbatim(before), Some(semicolon))],
    }
}

/// Puts the body of a function that is still not parsed into its place, with the braces that the user wrote: rustc shows
/// them.
pub(crate) fn print(item: &mut Item) {
    if let Item::Fn(function) = item
        && let Some((_, body)) = find(&function.block)
    {
        let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
        *item = Item::Verbatim(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// The same of a method.
pub(crate) fn print_method(item: &mut ImplItem) {
    if let ImplItem::Fn(method) = item
        && let Some((_, body)) = find(&method.block)
    {
        let (attrs, vis, default, sig) = (&method.attrs, &method.vis, &method.modifiers.defaultness, &method.sig);
        *item = ImplItem::Verbatim(quote!(#(#attrs)* #vis #default #sig #body));
    }
}

/// The same of a method of a trait.
pub(crate) fn print_default(item: &mut TraitItem) {
    if let TraitItem::Fn(method) = item
        && let Some((_, body)) = method.default.as_ref().and_then(find)
    {
        let (attrs, sig) = (&method.attrs, &method.sig);
        *item = TraitItem::Verbatim(quote!(#(#attrs)* #sig #body));
    }
}

/// The number of empty statements in front, and the body.
fn find(block: &Block) -> Option<(usize, Group)> {
    let is_empty = |stmt: &&Stmt| matches!(stmt, Stmt::Expr(Expr::Verbatim(tokens), None) if tokens.is_empty());
    let empty = block.stmts.iter().take_while(is_empty).count();
    match block.stmts.get(empty) {
        Some(Stmt::Expr(Expr::Verbatim(tokens), None)) if empty > 0 => match tokens.clone().into_iter().next() {
            Some(TokenTree::Group(body)) => Some((empty, body)),
            _ => unreachable!("made by `into_statements`"),
        },
        _ => None,
    }
}

fn verbatim(tokens: TokenStream) -> Stmt {
    Stmt::Expr(Expr::Verbatim(tokens), None)
}
