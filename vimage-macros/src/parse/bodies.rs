//! Bodies of functions that are not parsed, because nothing in them has to be known.
//!
//! To parse a body takes longer than all else that is done with it: macros are not optimized in a user's build. So the
//! bodies that [`simple`] can tell all about are cut out of the tokens before syn parses the items, and are put back as
//! [`Unread`]. If anything is wrong with the input, it is parsed once more with all bodies: mistakes are found and
//! corrected in what is parsed.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Block, Expr, ImplItem, Item, Stmt, TraitItem};

use super::code::simple::Simple;
use super::code::unread::Unread;
use crate::diagnostics::Diagnostics;

/// Which bodies are parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Those of which something has to be known.
    Needed,
    /// All.
    All,
}

/// The bodies that were cut out of the tokens of items.
pub(crate) struct Bodies {
    cut: Vec<Option<Unread>>,
}

/// The name that stands for a body, without its index.
const MARKER: &str = "__vimage_body_";

impl Bodies {
    /// Cuts the bodies that need not be parsed out of the tokens of items.
    pub(crate) fn cut(items: TokenStream, reading: Reading) -> (TokenStream, Self) {
        let mut bodies = Self { cut: Vec::new() };
        if reading == Reading::All {
            return (items, bodies);
        }
        let mut names = Vec::new();
        let pieces = pieces(items, &mut names);
        let tokens = bodies.put_together(pieces, &Simple::new(&names));
        (tokens, bodies)
    }

    fn put_together(&mut self, pieces: Vec<Piece>, simple: &Simple) -> TokenStream {
        let tree = |piece| match piece {
            Piece::Token(token) => token,
            Piece::Items(group, inside) => with_content(&group, self.put_together(inside, simple)).into(),
            Piece::Body(group) => match simple.unread(&group) {
                Some(unread) => {
                    let marker = Ident::new(&format!("{MARKER}{}", self.cut.len()), Span::call_site());
                    self.cut.push(Some(unread));
                    with_content(&group, TokenTree::from(marker).into()).into()
                }
                None => group.into(),
            },
        };
        pieces.into_iter().map(tree).collect()
    }

    /// Puts the bodies back, in the items that were parsed. It is an error if one of them is no body of a function there;
    /// then all are parsed, as with any error.
    pub(crate) fn put_back<'i>(mut self, items: impl IntoIterator<Item = &'i mut Item>, diagnostics: &Diagnostics) {
        items.into_iter().for_each(|item| self.item(item));
        if self.cut.iter().any(Option::is_some) {
            diagnostics.push(syn::Error::new(Span::call_site(), "a body of a function was not found again"));
        }
    }

    fn item(&mut self, item: &mut Item) {
        match item {
            Item::Fn(function) => self.block(&mut function.block),
            Item::Mod(module) => {
                module.content.iter_mut().flat_map(|(_, items)| items).for_each(|item| self.item(item));
            }
            Item::Impl(item) => item.items.iter_mut().for_each(|item| {
                if let ImplItem::Fn(method) = item {
                    self.block(&mut method.block);
                }
            }),
            Item::Trait(item) => item.items.iter_mut().for_each(|item| {
                if let TraitItem::Fn(method) = item {
                    method.default.iter_mut().for_each(|block| self.block(block));
                }
            }),
            _ => {}
        }
    }

    fn block(&mut self, block: &mut Block) {
        let [Stmt::Expr(Expr::Path(only), None)] = block.stmts.as_slice() else { return };
        let index = only.path.get_ident().map(Ident::to_string);
        let index = index.and_then(|name| name.strip_prefix(MARKER)?.parse::<usize>().ok());
        if let Some(unread) = index.and_then(|index| self.cut.get_mut(index)?.take()) {
            block.stmts = unread.into_statements();
        }
    }
}

/// A token of items, or what is looked into.
enum Piece {
    Token(TokenTree),
    /// The braces of an item that has items inside.
    Items(Group, Vec<Piece>),
    /// The body of a function.
    Body(Group),
}

/// What the tokens since the last item are the start of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Unknown,
    /// Behind `const`: a constant, or a function.
    Const,
    Function,
    /// An item with items in its braces.
    Items,
    /// An item that ends with a semicolon, whatever braces are in it.
    Statement,
    /// The same, and the next name is that of a static.
    Static,
    Other,
}

impl Start {
    fn behind(self, word: &str) -> Self {
        match (self, word) {
            (Self::Static, "mut") => Self::Static,
            (Self::Static, _) => Self::Statement,
            (Self::Unknown | Self::Const, "fn") => Self::Function,
            (Self::Unknown | Self::Const, "async" | "extern" | "safe" | "unsafe") => self,
            (Self::Const, _) => Self::Statement,
            (Self::Unknown, "auto" | "default" | "pub") => self,
            (Self::Unknown, "const") => Self::Const,
            (Self::Unknown, "impl" | "mod" | "trait") => Self::Items,
            (Self::Unknown, "static") => Self::Static,
            (Self::Unknown, "type" | "use") => Self::Statement,
            (Self::Unknown, _) => Self::Other,
            (known, _) => known,
        }
    }
}

/// What the attributes of an item may be, by the words in them.
#[derive(Default)]
struct Attributes {
    virtualized: bool,
    /// One that declares a module, which is expanded by itself.
    module: bool,
}

impl Attributes {
    fn add(&mut self, attribute: &Group) {
        let text = attribute.to_string();
        self.virtualized |= text.contains("virtualized");
        self.module |= text.contains("module");
    }
}

/// The tokens of items, with the bodies of functions apart. Adds the names of virtualized statics to `names`.
///
/// What is taken for a body and is none is no body in what syn parses either, so that it cannot be put back.
fn pieces(tokens: TokenStream, names: &mut Vec<String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut start, mut attributes) = (Start::Unknown, Attributes::default());
    let mut tokens = tokens.into_iter().peekable();
    // A brace behind one of these is a generic argument.
    let mut in_generics = false;
    while let Some(token) = tokens.next() {
        let behind_generics = std::mem::take(&mut in_generics);
        let piece = match token {
            TokenTree::Ident(word) => {
                let is_name = start == Start::Static;
                start = start.behind(&word.to_string());
                if is_name && start == Start::Statement && attributes.virtualized {
                    names.push(word.unraw().to_string());
                }
                Piece::Token(word.into())
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let argument =
                    behind_generics || matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '>');
                let (before, is_module) = (start, attributes.module);
                if !argument && !matches!(start, Start::Statement | Start::Static | Start::Const) {
                    (start, attributes) = (Start::Unknown, Attributes::default());
                }
                match before {
                    _ if argument => Piece::Token(group.into()),
                    Start::Function => Piece::Body(group),
                    Start::Items if !is_module => {
                        let inside = self::pieces(group.stream(), names);
                        Piece::Items(group, inside)
                    }
                    _ => Piece::Token(group.into()),
                }
            }
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    ';' => (start, attributes) = (Start::Unknown, Attributes::default()),
                    '<' => in_generics = true,
                    _ => {}
                }
                Piece::Token(punct.into())
            }
            TokenTree::Group(group) => {
                if start == Start::Unknown && group.delimiter() == Delimiter::Bracket {
                    attributes.add(&group);
                }
                Piece::Token(group.into())
            }
            TokenTree::Literal(literal) => Piece::Token(literal.into()),
        };
        pieces.push(piece);
    }
    pieces
}

/// The group with other tokens in it.
fn with_content(group: &Group, content: TokenStream) -> Group {
    let mut changed = Group::new(group.delimiter(), content);
    changed.set_span(group.span());
    changed
}
