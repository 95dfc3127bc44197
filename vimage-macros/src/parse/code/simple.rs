//! Bodies of functions that can be told all about by their tokens alone.
//!
//! If there is any doubt, a body is parsed. What is found here must be the same for each build: a body that is not parsed
//! is not checked.

use std::cell::Cell;

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use super::accessor::OF_THE_ACCESSOR;
use super::unread::{End, Unread};
use crate::idents::ACCESSOR;

/// Words behind which there is something that a stage looks for: items, and the names of variables without their `V_`.
const LOOKED_FOR: &[&str] = &["macro_rules", "mod", "static", "thread_local", "use"];

/// Words beside which a use may be a mistake: constants, items, and code that syn may not understand.
const DOUBTFUL: &[&str] = &[
    "become", "builtin", "const", "enum", "extern", "fn", "gen", "impl", "pub", "raw", "struct", "trait", "try",
    "type", "union", "yield",
];

/// Words that make the rewriting of a use more than that of a place.
const DIFFICULT: &[&str] = &["async", "await", "transmute", "unsafe"];

/// Macros that evaluate their arguments in place, and take them as expressions.
const KNOWN_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "panic",
    "print",
    "println",
    "vec",
    "write",
    "writeln",
];

/// Keywords behind which an expression starts, so that `!` is no call of a macro there, and `|` a closure.
const BEFORE_EXPRESSIONS: &[&str] = &["break", "else", "if", "in", "match", "move", "return", "while"];

/// Keywords that something follows.
const UNFINISHED: &[&str] =
    &["as", "else", "for", "if", "in", "let", "loop", "match", "move", "mut", "ref", "where", "while"];

/// What decides whether a body is parsed.
pub(crate) struct Simple<'n> {
    words: Vec<(&'n str, Class)>,
    /// The bytes that they start with: most words of a body differ in the first one.
    starts: [bool; 256],
    /// The bytes that words consist of.
    of_words: [bool; 256],
}

/// How much a word says about the body that it is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Plain,
    Difficult,
    Doubtful,
    LookedFor,
}

impl<'n> Simple<'n> {
    /// `names` are those of variables, without their `V_`.
    pub(crate) fn new(names: &'n [String]) -> Self {
        let classes = [(LOOKED_FOR, Class::LookedFor), (DOUBTFUL, Class::Doubtful), (DIFFICULT, Class::Difficult)];
        let known = classes.into_iter().flat_map(|(words, class)| words.iter().map(move |word| (*word, class)));
        let names = names.iter().map(|name| (name.as_str(), Class::LookedFor));
        let mut this = Self { words: known.chain(names).collect(), starts: [false; 256], of_words: [false; 256] };
        this.words.iter().filter_map(|(word, _)| word.bytes().next()).for_each(|start| {
            this.starts[usize::from(start)] = true;
        });
        for byte in 0..=u8::MAX {
            this.of_words[usize::from(byte)] = byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        }
        this
    }

    /// A body as tokens, if it need not be parsed before it is rewritten.
    pub(crate) fn unread(&self, body: &Group) -> Option<Unread> {
        let tokens = body.stream();
        let text = tokens.to_string();
        // Attributes, also those that documentation is.
        let has_attributes = ["#[", "# [", "#!", "# !", "//", "/*"].iter().any(|start| text.contains(start));
        let class = self.class(&text);
        if has_attributes || class == Class::LookedFor {
            return None;
        }
        if !text.contains(ACCESSOR) {
            return Some(Unread::Untouched(body.clone()));
        }
        if class == Class::Doubtful {
            return None;
        }
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let difficult = Cell::new(class == Class::Difficult);
        if !Level::new(false, &difficult).reads(&trees) {
            return None;
        }
        let in_parts = if difficult.get() { None } else { in_parts(body, trees) };
        Some(in_parts.unwrap_or_else(|| Unread::Checked(body.clone())))
    }

    /// The class of the words in a text.
    fn class(&self, text: &str) -> Class {
        let bytes = text.as_bytes();
        let (mut at, mut found) = (0, Class::Plain);
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && self.of_words[usize::from(bytes[at])] {
                at += 1;
            }
            if at == start {
                at += 1;
            } else if self.starts[usize::from(bytes[start])] {
                let word = &text[start..at];
                let classes = self.words.iter().filter(|(known, _)| *known == word).map(|(_, class)| *class);
                found = classes.fold(found, Class::max);
            }
        }
        found
    }
}

/// A body whose tail is apart from the rest.
fn in_parts(body: &Group, mut before: Vec<TokenTree>) -> Option<Unread> {
    let tail = before.split_off(tail(&before)?);
    let end = if tail.is_empty() {
        End::Semicolon(syn::parse2(before.pop()?.into_token_stream()).ok()?)
    } else {
        End::Tail(tail.into_iter().collect())
    };
    Some(Unread::Uses { body: body.clone(), before: before.into_iter().collect(), end })
}

/// The arguments of a call of a macro are in `trees[at]`.
pub(crate) fn is_macro_call(trees: &[TokenTree], at: usize) -> bool {
    match &trees[..at] {
        [.., TokenTree::Ident(name), bang] => is(bang, '!') && !is_one_of(name, BEFORE_EXPRESSIONS),
        _ => false,
    }
}

/// The walk over the tokens of one group.
struct Level<'d> {
    /// Set where a use is one, but is not simply rewritten to a place.
    difficult: &'d Cell<bool>,
    /// This may be in a closure, which is a region of its own.
    in_closure: bool,
    /// The same, since a token of this group.
    behind_closure: bool,
    in_parameters: bool,
}

impl<'d> Level<'d> {
    fn new(in_closure: bool, difficult: &'d Cell<bool>) -> Self {
        Self { difficult, in_closure, behind_closure: false, in_parameters: false }
    }

    fn is_difficult_if(&self, condition: bool) {
        self.difficult.set(self.difficult.get() || condition);
    }

    /// Whether each name that starts like that of a variable is a use of one, where one is allowed.
    fn reads(&mut self, trees: &[TokenTree]) -> bool {
        self.is_difficult_if(ends_amiss(trees));
        trees.iter().enumerate().all(|(at, tree)| match tree {
            TokenTree::Ident(_) => self.reads_word(trees, at),
            TokenTree::Group(group) => self.reads_group(trees, at, group),
            TokenTree::Literal(literal) => !literal.to_string().contains(ACCESSOR),
            TokenTree::Punct(punct) => {
                self.pass(punct.as_char(), &trees[..at]);
                true
            }
        })
    }

    fn may_be_in_closure(&self) -> bool {
        self.in_closure || self.behind_closure
    }

    fn pass(&mut self, punct: char, before: &[TokenTree]) {
        match punct {
            '|' if self.in_parameters => self.in_parameters = false,
            '|' if !ends_operand(before) => {
                // The second one of `||` ends them.
                (self.behind_closure, self.in_parameters) = (true, true);
            }
            // Not at a comma, which can be one between generic arguments.
            ';' if !self.in_parameters => self.behind_closure = false,
            // The arrow of an arm.
            '>' if !self.in_parameters && before.last().is_some_and(|last| is(last, '=')) => {
                self.behind_closure = false
            }
            _ => {}
        }
    }

    fn reads_word(&self, trees: &[TokenTree], at: usize) -> bool {
        let word = trees[at].to_string();
        if word == "write" {
            self.is_difficult_if(self.may_be_in_closure());
            return true;
        }
        let name = word.strip_prefix("r#").unwrap_or(&word);
        if !name.starts_with(ACCESSOR) {
            return true;
        }
        let follows = match &trees[..at] {
            [.., first, second] if is(first, '.') && is(second, '.') => Some(false),
            // A path may lead to a variable, and to an associated constant.
            [.., first, second] if is(first, ':') && is(second, ':') => Some(true),
            [.., last] if ['.', '\'', '$'].iter().any(|punct| is(last, *punct)) => None,
            _ => Some(false),
        };
        let precedes = match &trees[at + 1..] {
            [dot, TokenTree::Ident(method), ..] if is(dot, '.') => Some(is_one_of(method, &OF_THE_ACCESSOR)),
            _ => None,
        };
        let (Some(in_path), Some(of_accessor)) = (follows, precedes) else { return false };
        self.is_difficult_if(in_path || of_accessor || self.may_be_in_closure() || name.len() < word.len());
        true
    }

    fn reads_group(&self, trees: &[TokenTree], at: usize, group: &Group) -> bool {
        let inside: Vec<TokenTree> = group.stream().into_iter().collect();
        if is_macro_call(trees, at) {
            // In braces it may be items.
            self.is_difficult_if(group.delimiter() == Delimiter::Brace);
            if !names_variables(&group.stream()) {
                return true;
            }
            let is_known = match &trees[..at - 1] {
                [.., before, _] if is(before, ':') => false,
                [.., TokenTree::Ident(name)] => is_one_of(name, KNOWN_MACROS),
                _ => false,
            };
            let are_expressions = !inside.windows(2).any(|pair| is(&pair[0], '=') && is(&pair[1], '>'));
            self.is_difficult_if(true);
            return is_known && are_expressions && Self::new(self.may_be_in_closure(), self.difficult).reads(&inside);
        }
        let is_constant = match group.delimiter() {
            // The length of an array.
            Delimiter::Bracket => inside.iter().any(|tree| is(tree, ';')),
            // A generic argument.
            Delimiter::Brace => trees[..at].last().is_some_and(|last| is(last, '<') || is(last, ',')),
            Delimiter::Parenthesis | Delimiter::None => false,
        };
        self.is_difficult_if(group.delimiter() == Delimiter::None);
        !(is_constant && names_variables(&group.stream()))
            && Self::new(self.may_be_in_closure(), self.difficult).reads(&inside)
    }
}

/// Whether something seems to be missing at the end of a group. What rustc reports of it is about the brace, of which it
/// sees both the one that was written and the one that is generated.
fn ends_amiss(trees: &[TokenTree]) -> bool {
    match trees.last() {
        Some(TokenTree::Punct(last)) => !matches!(last.as_char(), ';' | ',' | '?' | '>'),
        Some(TokenTree::Ident(_)) => word_is(trees, trees.len() - 1, UNFINISHED),
        Some(TokenTree::Group(_) | TokenTree::Literal(_)) | None => false,
    }
}

/// Whether tokens name anything that starts like a variable.
fn names_variables(tokens: &TokenStream) -> bool {
    tokens.to_string().contains(ACCESSOR)
}

/// Whether a value may end there, so that what follows is an operator.
fn ends_operand(before: &[TokenTree]) -> bool {
    match before.last() {
        Some(TokenTree::Ident(word)) => {
            // Not behind a label, as in `break 'outer value`.
            !is_one_of(word, BEFORE_EXPRESSIONS) && !matches!(before, [.., quote, _] if is(quote, '\''))
        }
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        Some(TokenTree::Punct(last)) => match last.as_char() {
            '?' => true,
            // The first half of `||`.
            '|' => last.spacing() == Spacing::Joint,
            _ => false,
        },
        None => false,
    }
}

/// Where the tail of a body starts: at its end, if it has none. `None` if that cannot be told, or if the type of the tail
/// may depend on what is around it.
fn tail(trees: &[TokenTree]) -> Option<usize> {
    let mut at = 0;
    while at < trees.len() {
        let start = at;
        if is(&trees[at], '|') || word_is(trees, at, &["move", "static"]) {
            return None;
        }
        let end_of_block = match block_like(trees, at)? {
            // What is in parentheses or braces may be a closure.
            _ if start + 1 == trees.len() && matches!(trees[start], TokenTree::Group(_)) => return None,
            Some(end) if !trees.get(end).is_some_and(|next| is(next, '.') || is(next, '?')) => Some(end),
            _ => None,
        };
        match end_of_block {
            Some(end) if end == trees.len() => return Some(start),
            Some(end) => at = end,
            None => match trees[at..].iter().position(|tree| is(tree, ';')) {
                Some(length) => at += length + 1,
                None if word_is(trees, at, &["let"]) => return None,
                None => return Some(start),
            },
        }
    }
    // A statement in braces would have been the tail.
    Some(at)
}

/// The end of a statement that starts there, if it ends with a block. The outer `None`: that cannot be told.
fn block_like(trees: &[TokenTree], mut at: usize) -> Option<Option<usize>> {
    if let [label, TokenTree::Ident(_), colon, ..] = &trees[at..]
        && is(label, '\'')
        && is(colon, ':')
    {
        at += 3;
    }
    let word = match trees.get(at)? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Some(Some(at + 1)),
        TokenTree::Ident(word) => word.to_string(),
        _ => return Some(None),
    };
    if !matches!(word.as_str(), "for" | "if" | "loop" | "match" | "while") {
        return Some(None);
    }
    let mut end = block(trees, at + 1)?;
    while word_is(trees, end, &["else"]) {
        end = if word_is(trees, end + 1, &["if"]) { block(trees, end + 2)? } else { block(trees, end + 1)? };
    }
    Some(Some(end))
}

/// The end of the block behind what stands in front of it there. `None` if it cannot be told from other braces.
fn block(trees: &[TokenTree], start: usize) -> Option<usize> {
    for at in start..trees.len() {
        match &trees[at] {
            TokenTree::Ident(_) if word_is(trees, at, &["else", "for", "if", "loop", "match", "move", "while"]) => {
                return None;
            }
            TokenTree::Punct(punct) if punct.as_char() == '|' && !ends_operand(&trees[..at]) => return None,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => match trees.get(at + 1) {
                // A pattern.
                Some(next) if is(next, '=') || word_is(trees, at + 1, &["in"]) => {}
                Some(next) if ['|', ',', '>'].iter().any(|punct| is(next, *punct)) => return None,
                _ => return Some(at + 1),
            },
            _ => {}
        }
    }
    None
}

fn word_is(trees: &[TokenTree], at: usize, words: &[&str]) -> bool {
    matches!(trees.get(at), Some(TokenTree::Ident(word)) if is_one_of(word, words))
}

fn is_one_of(word: &Ident, words: &[&str]) -> bool {
    let text = word.to_string();
    words.iter().any(|known| *known == text)
}

fn is(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted)
}
