//! Searches tokens for statics: the input of macros, and files that syn cannot parse.

use std::path::Path;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use super::model::{Invocation, Mark, Source, Static, mark_named, one_line};
use super::uses::names;

pub(super) struct Search<'a> {
    pub(super) source: &'a mut Source,
    pub(super) file: &'a Path,
    pub(super) made_by: Option<String>,
    pub(super) cfg: &'a [String],
}

impl Search<'_> {
    /// Finds `static [mut] [ref] NAME: type`, at any depth. A `$name` of a `macro_rules!` is none.
    pub(super) fn search(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut mark = Mark::None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    if at > 0 && is_punct(&tokens[at - 1], '#') && group.delimiter() == Delimiter::Bracket {
                        mark = if mark == Mark::None { mark_of(group) } else { mark };
                    } else if let Some(name) = macro_in_front(&tokens[..at]) {
                        self.nested(name, group, mark);
                        mark = Mark::None;
                    } else {
                        self.search(group.stream());
                        // A block ends an item; `pub(crate)` does not.
                        mark = if group.delimiter() == Delimiter::Brace { Mark::None } else { mark };
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => mark = Mark::None,
                TokenTree::Ident(ident) if ident == "static" && !(at > 0 && is_punct(&tokens[at - 1], '\'')) => {
                    self.item(&tokens[at + 1..], mark);
                }
                _ => {}
            }
        }
    }

    /// A macro in the input of a macro.
    fn nested(&mut self, name: String, input: &Group, mark: Mark) {
        let lines = input.span_open().start().line..input.span_close().end().line + 1;
        let outside = self.made_by.replace(format!("{name}!"));
        let names = names(input.stream());
        self.source.invocations.push(Invocation { name, file: self.file.to_owned(), lines, names });
        let first = self.source.statics.len();
        self.search(input.stream());
        if mark != Mark::None {
            self.source.statics[first..].iter_mut().for_each(|item| item.mark = mark);
        }
        self.made_by = outside;
    }

    fn item(&mut self, tokens: &[TokenTree], mark: Mark) {
        let is_mut = matches!(tokens.first(), Some(TokenTree::Ident(first)) if first == "mut");
        let is_keyword = |token: &TokenTree| matches!(token, TokenTree::Ident(it) if it == "mut" || it == "ref");
        let tokens = match tokens {
            [first, rest @ ..] if is_keyword(first) => rest,
            all => all,
        };
        let [TokenTree::Ident(name), colon, ty @ ..] = tokens else { return };
        if !is_punct(colon, ':') {
            return;
        }
        let end = ty.iter().position(|token| is_punct(token, '=') || is_punct(token, ';')).unwrap_or(ty.len());
        let initializer = ty[end..].iter().take_while(|token| !is_punct(token, ';')).cloned().collect();
        self.source.statics.push(Static {
            name: name.to_string(),
            ty: one_line(&text_of(&ty[..end]).unwrap_or_default()),
            file: self.file.to_owned(),
            line: name.span().start().line,
            mark,
            is_mut,
            reads: names(initializer),
            is_public: true,
            made_by: self.made_by.clone(),
            cfg: self.cfg.to_vec(),
        });
    }
}

/// The name of a macro whose `name!` ends the tokens.
fn macro_in_front(tokens: &[TokenTree]) -> Option<String> {
    let [before @ .., TokenTree::Ident(name), bang] = tokens else { return None };
    if !is_punct(bang, '!') {
        return None;
    }
    match before {
        [.., TokenTree::Ident(first), colon, second] if is_punct(colon, ':') && is_punct(second, ':') => {
            Some(format!("{first}::{name}"))
        }
        _ => Some(name.to_string()),
    }
}

/// The names of the `mod name;` among the tokens, at any depth.
pub(super) fn modules(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1), tokens.get(at + 2)) {
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(name)), Some(end))
                if keyword == "mod" && is_punct(end, ';') =>
            {
                names.push(name.to_string());
            }
            (TokenTree::Group(group), ..) => names.extend(modules(group.stream())),
            _ => {}
        }
    }
    names
}

/// The mark of an attribute, from its brackets: `[vimage::virtualized(keep)]`.
fn mark_of(brackets: &Group) -> Mark {
    let path = brackets.stream().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    let last = path.filter_map(|token| if let TokenTree::Ident(ident) = token { Some(ident) } else { None }).last();
    last.map_or(Mark::None, |name| mark_named(&name.to_string()))
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn text_of(tokens: &[TokenTree]) -> Option<String> {
    let span: Span = tokens.first()?.span().join(tokens.last()?.span())?;
    span.source_text()
}
