//! Reading tokens one after the other.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};

use super::source::Segments;

/// A place in a list of tokens.
pub(super) struct Cursor<'a> {
    pub(super) tokens: &'a [TokenTree],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn peek(&self, ahead: usize) -> Option<&'a TokenTree> {
        self.tokens.get(self.at + ahead)
    }

    fn back(&self, behind: usize) -> Option<&'a TokenTree> {
        self.at.checked_sub(behind).and_then(|at| self.tokens.get(at))
    }

    pub(super) fn line(&self) -> usize {
        self.peek(0).map_or(0, |token| token.span().start().line)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.peek(0), Some(TokenTree::Ident(ident)) if ident == name)
    }

    pub(super) fn is_punct(&self, ahead: usize, character: char) -> bool {
        matches!(self.peek(ahead), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
    }

    fn was_punct(&self, behind: usize, character: char) -> bool {
        matches!(self.back(behind), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
    }

    /// `#[…]` or `#![…]`.
    pub(super) fn attribute(&mut self) -> Option<&'a Group> {
        let ahead = if self.is_punct(1, '!') { 2 } else { 1 };
        match self.peek(ahead) {
            Some(TokenTree::Group(group)) if self.is_punct(0, '#') && group.delimiter() == Delimiter::Bracket => {
                self.at += ahead + 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// A keyword and the name behind it.
    pub(super) fn keyword(&mut self, keyword: &str) -> Option<Ident> {
        match self.peek(1) {
            Some(TokenTree::Ident(name)) if self.is(keyword) => {
                self.at += 2;
                Some(name.clone())
            }
            _ => None,
        }
    }

    /// `{ … }`, or nothing if there is a `;`.
    pub(super) fn body(&mut self) -> Option<Group> {
        let token = self.peek(0);
        self.at += 1;
        match token {
            Some(TokenTree::Group(group)) => Some(group.clone()),
            _ => None,
        }
    }

    /// The item, and not `impl Trait + use<'a>`.
    pub(super) fn is_use(&self) -> bool {
        self.is("use") && !self.is_punct(1, '<')
    }

    pub(super) fn macro_rules(&mut self) -> Option<(String, &'a Group)> {
        match (self.peek(2), self.peek(3)) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) if self.is("macro_rules") => {
                self.at += 4;
                Some((name.to_string(), body))
            }
            _ => None,
        }
    }

    /// The parentheses behind `pub`; those of a tuple's field are its type.
    pub(super) fn visibility(&mut self) {
        if let Some(TokenTree::Group(group)) = self.peek(0)
            && let Some(TokenTree::Ident(first)) = group.stream().into_iter().next()
            && ["crate", "self", "super", "in"].iter().any(|word| first == word)
        {
            self.at += 1;
        }
    }

    /// Skips `quote!` and its kind.
    pub(super) fn skip_generated_code(&mut self) -> bool {
        const NAMES: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];
        let is_macro = self.is_punct(1, '!') && matches!(self.peek(2), Some(TokenTree::Group(_)));
        let skips = is_macro && NAMES.iter().any(|name| self.is(name));
        self.at += if skips { 3 } else { 0 };
        skips
    }

    /// True if a name here begins a path, and is no field, no lifetime, and not of another crate.
    pub(super) fn begins_path(&self) -> bool {
        let follows_dot = self.was_punct(1, '.') && !self.was_punct(2, '.');
        let follows_colons = self.was_punct(1, ':') && self.was_punct(2, ':');
        !follows_dot && !follows_colons && !self.was_punct(1, '\'') && !self.was_punct(1, '$')
    }

    /// Takes the names that are joined by `::`, or one token.
    pub(super) fn path(&mut self) -> Segments {
        let mut path = Vec::new();
        while let Some(TokenTree::Ident(ident)) = self.peek(0) {
            path.push(ident.to_string());
            let goes_on = self.is_punct(1, ':') && self.is_punct(2, ':');
            if !goes_on || !matches!(self.peek(3), Some(TokenTree::Ident(_))) {
                self.at += 1;
                return path;
            }
            self.at += 3;
        }
        self.at += 1;
        path
    }

    /// Skips the rest of an item, a field, an arm or an expression.
    pub(super) fn skip_item(&mut self) {
        const TO_SEMICOLON: [&str; 5] = ["use", "const", "static", "type", "let"];
        const TO_BRACES: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "impl", "mod", "macro_rules"];
        let mut begins_item = false;
        let mut to_semicolon = false;
        while let Some(token) = self.peek(0) {
            if !begins_item && !to_semicolon {
                to_semicolon = TO_SEMICOLON.iter().any(|word| self.is(word));
                begins_item = TO_BRACES.iter().any(|word| self.is(word));
            }
            self.at += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ';' => return,
                TokenTree::Punct(punct) if punct.as_char() == ',' && !begins_item && !to_semicolon => return,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !to_semicolon => return,
                _ => (),
            }
        }
    }
}
