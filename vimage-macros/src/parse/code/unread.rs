//! Bodies that stay tokens: how they are kept in the place of statements.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::{Block, Expr, Stmt, Token};

/// A body that was not parsed.
pub(crate) enum Unread {
    /// Nothing in it is of interest.
    Untouched(TokenStream),
    /// It uses variables, and [`simple`](super::simple) has found that each name in it that starts like one is a use.
    Uses { before: TokenStream, end: End },
}

/// The end of a body.
pub(crate) enum End {
    Tail(TokenStream),
    Semicolon(Token![;]),
}

impl Unread {
    /// As statements that no visitor looks into. Empty ones in front, which syn makes of nothing, say that it is this.
    pub(crate) fn into_statements(self) -> Vec<Stmt> {
        let empty = || verbatim(TokenStream::new());
        match self {
            Self::Untouched(tokens) if tokens.is_empty() => Vec::new(),
            Self::Untouched(tokens) => vec![empty(), verbatim(tokens)],
            Self::Uses { before, end } => [vec![empty(), empty()], code(before, end)].concat(),
        }
    }

    /// Takes such a body out of a block.
    pub(crate) fn take(block: &mut Block) -> Option<Self> {
        let is_empty = |stmt: &Stmt| matches!(stmt, Stmt::Expr(Expr::Verbatim(tokens), None) if tokens.is_empty());
        let empty = block.stmts.iter().take(2).take_while(|stmt| is_empty(stmt)).count();
        let mut parts = match empty {
            0 => return None,
            _ => std::mem::take(&mut block.stmts).into_iter().skip(empty),
        };
        let mut tokens = || match parts.next() {
            Some(Stmt::Expr(Expr::Verbatim(tokens), end)) => (tokens, end),
            _ => unreachable!("made by `into_statements`"),
        };
        let (before, semicolon) = tokens();
        Some(match (empty, semicolon) {
            (1, _) => Self::Untouched(before),
            (_, Some(semicolon)) => Self::Uses { before, end: End::Semicolon(semicolon) },
            (_, None) => Self::Uses { before, end: End::Tail(tokens().0) },
        })
    }

    /// The body, parsed.
    pub(crate) fn read(self) -> syn::Result<Vec<Stmt>> {
        let tokens: TokenStream = self.into_statements().iter().map(quote::ToTokens::to_token_stream).collect();
        Block::parse_within.parse2(tokens)
    }
}

/// Statements of which the last one is the tail, if there is one.
pub(crate) fn code(before: TokenStream, end: End) -> Vec<Stmt> {
    match end {
        End::Tail(tail) => vec![verbatim(before), verbatim(tail)],
        End::Semicolon(semicolon) => vec![Stmt::Expr(Expr::Verbatim(before), Some(semicolon))],
    }
}

fn verbatim(tokens: TokenStream) -> Stmt {
    Stmt::Expr(Expr::Verbatim(tokens), None)
}
