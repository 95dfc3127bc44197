//! The arguments of a macro call, cut into pieces that are rewritten and pieces that stay as they are.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::visit::Visit;
use syn::{Block, Expr, LitStr, Pat, Stmt, Token, token};

/// How the arguments of a macro are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Expressions, some of them named; the one at this index is a format string.
    Arguments { format: usize },
    /// An expression, a pattern, perhaps a guard.
    Matches,
    /// The events of `log` and `tracing`: fields, then a format string and its arguments.
    Event,
    /// The spans of `tracing`: fields only.
    Span,
    /// Not known: whatever of the above it looks like, or statements.
    Any,
}

/// No argument of the macro is a format string.
pub(crate) const NO_FORMAT: usize = usize::MAX;

/// Arguments in the order in which they are written.
#[derive(Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    /// The names of arguments, in `name = value`.
    pub(crate) names: Vec<Ident>,
}

pub(crate) enum Piece {
    Tokens(TokenStream),
    Expr(Expr),
    /// An expression that names a field at the same time, as in `?peer`.
    Field(Expr),
    /// An expression that the macro must not look into; see `in_place!` of the runtime.
    Closed(Expr),
    Format(LitStr),
    Pat(Pat),
    Statements(Vec<Stmt>),
    Group(Group, Pieces),
}

impl Pieces {
    pub(crate) fn parse(tokens: TokenStream, grammar: Grammar) -> syn::Result<Self> {
        let parsed = Parser::parse2(|input: ParseStream| Self::read(input, grammar), tokens.clone());
        match parsed {
            Err(_) if grammar == Grammar::Any => {
                let statements = Block::parse_within.parse2(tokens)?;
                Ok(Self { pieces: vec![Piece::Statements(statements)], names: Vec::new() })
            }
            parsed => parsed,
        }
    }

    /// The expressions, those in inner groups too.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        let of_piece = |piece| match piece {
            &Piece::Expr(ref expr) | &Piece::Field(ref expr) | &Piece::Closed(ref expr) => vec![expr],
            Piece::Group(_, inner) => inner.exprs(),
            Piece::Tokens(_) | Piece::Format(_) | Piece::Pat(_) | Piece::Statements(_) => Vec::new(),
        };
        self.pieces.iter().flat_map(of_piece).collect()
    }

    /// Visits the code in them.
    pub(crate) fn visit<'p>(&'p self, visitor: &mut impl Visit<'p>) {
        for piece in &self.pieces {
            match piece {
                Piece::Expr(expr) | Piece::Field(expr) | Piece::Closed(expr) => visitor.visit_expr(expr),
                Piece::Pat(pat) => visitor.visit_pat(pat),
                Piece::Statements(statements) => statements.iter().for_each(|stmt| visitor.visit_stmt(stmt)),
                Piece::Group(_, inner) => inner.visit(visitor),
                Piece::Tokens(_) | Piece::Format(_) => {}
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Closed(_) => true,
            Piece::Group(_, inner) => inner.is_closed(),
            _ => false,
        })
    }

    fn read(input: ParseStream, grammar: Grammar) -> syn::Result<Self> {
        let mut pieces = Self::default();
        if grammar == Grammar::Matches {
            pieces.read_pattern(input)?;
        }
        let mut index = 0;
        while !input.is_empty() {
            match grammar {
                Grammar::Arguments { .. } | Grammar::Matches => pieces.read_argument(input, grammar, index)?,
                Grammar::Event | Grammar::Span | Grammar::Any => pieces.read_event(input, grammar)?,
            }
            index += 1;
            if !input.is_empty() {
                pieces.read_separator(input, grammar)?;
            }
        }
        Ok(pieces)
    }

    fn tokens(&mut self, tokens: impl ToTokens) {
        self.pieces.push(Piece::Tokens(tokens.into_token_stream()));
    }

    fn read_separator(&mut self, input: ParseStream, grammar: Grammar) -> syn::Result<()> {
        if input.peek(Token![;]) {
            self.tokens(input.parse::<Token![;]>()?);
        } else if grammar == Grammar::Any && input.peek(Token![=>]) {
            self.tokens(input.parse::<Token![=>]>()?);
        } else {
            self.tokens(input.parse::<Token![,]>()?);
        }
        Ok(())
    }

    fn read_pattern(&mut self, input: ParseStream) -> syn::Result<()> {
        self.pieces.push(Piece::Expr(input.parse()?));
        self.tokens(input.parse::<Token![,]>()?);
        self.pieces.push(Piece::Pat(Pat::parse_multi_with_leading_vert(input)?));
        if input.peek(Token![if]) {
            self.tokens(input.parse::<Token![if]>()?);
            self.pieces.push(Piece::Expr(input.parse()?));
        }
        if !input.is_empty() {
            self.tokens(input.parse::<Token![,]>()?);
        }
        Ok(())
    }

    fn read_argument(&mut self, input: ParseStream, grammar: Grammar, index: usize) -> syn::Result<()> {
        if input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            self.read_name(input)?;
        }
        let expr = input.parse()?;
        let is_format = grammar == Grammar::Arguments { format: index };
        self.pieces.push(match literal(&expr) {
            Some(format) if is_format => Piece::Format(format.clone()),
            _ => Piece::Expr(expr),
        });
        Ok(())
    }

    fn read_name(&mut self, input: ParseStream) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        self.tokens(&name);
        self.names.push(name);
        self.tokens(input.parse::<Token![=]>()?);
        Ok(())
    }

    fn read_event(&mut self, input: ParseStream, grammar: Grammar) -> syn::Result<()> {
        const SETTINGS: [&str; 4] = ["logger", "name", "parent", "target"];
        if field_name(&input.fork()).is_ok() {
            if input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) {
                self.read_name(input)?;
            } else {
                self.tokens(field_name(input)?);
            }
            if let Some(sigil) = sigil(input)? {
                self.tokens(sigil);
            }
            self.pieces.push(Piece::Expr(input.parse()?));
            return Ok(());
        }
        let formatted = self.pieces.iter().any(|piece| matches!(piece, Piece::Format(_)));
        if !formatted {
            let next = input.fork().call(Ident::parse_any).ok();
            let is_setting = next.is_some_and(|name| SETTINGS.iter().any(|setting| name == setting));
            if is_setting && input.peek2(Token![:]) && !input.peek2(Token![::]) {
                self.tokens(input.call(Ident::parse_any)?);
                self.tokens(input.parse::<Token![:]>()?);
                self.pieces.push(Piece::Expr(input.parse()?));
                return Ok(());
            }
            if let Some(group) = field_group(input, grammar)? {
                self.pieces.push(group);
                return Ok(());
            }
        }
        if let Some(sigil) = sigil(input)? {
            self.tokens(sigil);
            self.pieces.push(Piece::Field(input.parse()?));
            return Ok(());
        }
        let expr: Expr = input.parse()?;
        self.pieces.push(match literal(&expr) {
            Some(format) if grammar != Grammar::Span => Piece::Format(format.clone()),
            _ if formatted || grammar == Grammar::Any => Piece::Expr(expr),
            _ => Piece::Field(expr),
        });
        Ok(())
    }
}

/// `{ field = value, … }` in front of a message.
fn field_group(input: ParseStream, grammar: Grammar) -> syn::Result<Option<Piece>> {
    let fork = input.fork();
    let Ok(TokenTree::Group(group)) = fork.parse::<TokenTree>() else { return Ok(None) };
    let is_semicolon = |tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
    let is_block = group.stream().into_iter().any(is_semicolon);
    if !input.peek(token::Brace) || !(fork.is_empty() || fork.peek(Token![,])) || is_block {
        return Ok(None);
    }
    let Ok(inner) = Parser::parse2(|input: ParseStream| Pieces::read(input, grammar), group.stream()) else {
        return Ok(None);
    };
    input.parse::<TokenTree>()?;
    Ok(Some(Piece::Group(group, inner)))
}

/// `a.b =`, `"a" =`, `{ A } =`, and with how the value is captured, `a:? =`.
fn field_name(input: ParseStream) -> syn::Result<TokenStream> {
    let mut name = TokenStream::new();
    let mut take = |input: ParseStream| input.parse::<TokenTree>().map(|tree| name.extend([tree]));
    if input.peek(LitStr) || input.peek(token::Brace) {
        take(input)?;
    } else {
        input.fork().call(Ident::parse_any)?;
        take(input)?;
        while input.peek(Token![.]) {
            take(input)?;
            take(input)?;
        }
    }
    if input.peek(Token![:]) && !input.peek(Token![::]) {
        take(input)?;
        take(input)?;
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) || input.peek(Token![=>]) {
        return Err(input.error("expected the name of a field"));
    }
    take(input)?;
    Ok(name)
}

fn sigil(input: ParseStream) -> syn::Result<Option<TokenTree>> {
    (input.peek(Token![%]) || input.peek(Token![?])).then(|| input.parse()).transpose()
}

fn literal(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), attrs }) if attrs.is_empty() => Some(literal),
        _ => None,
    }
}

impl ToTokens for Pieces {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.pieces.iter().for_each(|piece| piece.to_tokens(tokens));
    }
}

impl ToTokens for Piece {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Tokens(verbatim) => verbatim.to_tokens(tokens),
            Self::Expr(expr) | Self::Field(expr) | Self::Closed(expr) => expr.to_tokens(tokens),
            Self::Format(format) => format.to_tokens(tokens),
            Self::Pat(pat) => pat.to_tokens(tokens),
            Self::Statements(statements) => statements.iter().for_each(|stmt| stmt.to_tokens(tokens)),
            Self::Group(group, inner) => {
                let mut rewritten = Group::new(group.delimiter(), inner.to_token_stream());
                rewritten.set_span(group.span());
                tokens.extend([TokenTree::Group(rewritten)]);
            }
        }
    }
}
