//! The module tree of a crate, and every path that its code uses.
//!
//! Works on tokens and not on syntax trees, so that paths in the arguments of macros count as well.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::conditions::only_in_tests;

/// The path of a module or an item, without `crate`; the root is empty.
pub(super) type Segments = Vec<String>;

/// A crate, as far as its imports go. What only tests have is left out.
#[derive(Default)]
pub(super) struct Source {
    /// Relative to the folder of the sources.
    pub(super) files: Vec<PathBuf>,
    pub(super) modules: BTreeMap<Segments, Module>,
    /// Macros that are exported, which are named as items of the root, and where they are.
    pub(super) exported: BTreeMap<String, usize>,
    /// All macros, which can be named without a path where they are in scope by their text.
    pub(super) macros: BTreeMap<String, usize>,
    pub(super) uses: Vec<Use>,
}

/// A module: of one file, of several if conditional compilation chooses one, or inside of a file.
#[derive(Default)]
pub(super) struct Module {
    pub(super) files: Vec<usize>,
    pub(super) items: BTreeSet<String>,
    /// What `use` names in it, and the path behind the name: several, if conditional compilation chooses one.
    pub(super) bindings: BTreeMap<String, Vec<Segments>>,
    pub(super) globs: Vec<Segments>,
}

/// A path in the code.
pub(super) struct Use {
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) module: Segments,
    pub(super) path: Segments,
    pub(super) kind: UseKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UseKind {
    /// `use`, with or without `pub`.
    Import { public: bool },
    /// `use a::*`.
    Glob,
    /// A path in code.
    Path,
    /// A path in front of `!`.
    Macro,
}

/// Reads a crate from the folder of its `lib.rs` or `main.rs`.
pub(super) fn read(folder: &Path) -> Result<Source, String> {
    let mut source = Source::default();
    let root = if folder.join("lib.rs").exists() { "lib.rs" } else { "main.rs" };
    source.file(folder, PathBuf::from(root), Vec::new(), Path::new(""))?;
    Ok(source)
}

impl Source {
    /// Reads a file, which is the module `module`, and whose child modules are in the folder `children`.
    fn file(&mut self, root: &Path, path: PathBuf, module: Segments, children: &Path) -> Result<(), String> {
        let full = root.join(&path);
        let text = std::fs::read_to_string(&full).map_err(|error| format!("{}: {error}", full.display()))?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("{}: {error}", full.display()))?;
        let file = self.files.len();
        self.files.push(path);
        self.modules.entry(module.clone()).or_default().files.push(file);
        let place = Place { root, file, module, children: children.to_owned(), nested: false, pattern: false };
        self.walk(tokens, &place)
    }

    fn walk(&mut self, tokens: TokenStream, place: &Place<'_>) -> Result<(), String> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut cursor = Cursor { tokens: &tokens, at: 0 };
        let mut attributes = Attributes::default();
        let mut public = false;
        while let Some(token) = cursor.peek(0) {
            if let Some(attribute) = cursor.attribute() {
                attributes.add(attribute);
                continue;
            }
            if attributes.only_in_tests {
                cursor.skip_item();
            } else if let Some(name) = cursor.keyword("mod") {
                self.declare(&name, &attributes, cursor.body(), place)?;
            } else if cursor.is_use() {
                self.import(&mut cursor, public, place);
            } else if let Some((name, body)) = cursor.macro_rules() {
                self.macros.insert(name.clone(), place.file);
                if attributes.exported {
                    self.exported.insert(name.clone(), place.file);
                }
                self.module(place).items.insert(name);
                self.walk(body.stream(), &Place { nested: true, pattern: true, ..place.clone() })?;
            } else if cursor.is("pub") {
                public = true;
                cursor.at += 1;
                cursor.visibility();
                continue;
            } else if let Some(group) = cursor.generated_code() {
                // Paths in there are the user's.
                let _ = group;
            } else if let TokenTree::Group(group) = token {
                cursor.at += 1;
                self.walk(group.stream(), &Place { nested: true, ..place.clone() })?;
            } else {
                self.item(&cursor, place);
                self.path(&mut cursor, place);
            }
            attributes = Attributes::default();
            public = false;
        }
        Ok(())
    }

    fn module(&mut self, place: &Place<'_>) -> &mut Module {
        self.modules.entry(place.module.clone()).or_default()
    }

    /// Notes the name of an item, if one begins here.
    fn item(&mut self, cursor: &Cursor<'_>, place: &Place<'_>) {
        const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
        if !place.nested
            && KEYWORDS.iter().any(|keyword| cursor.is(keyword))
            && let Some(TokenTree::Ident(name)) = cursor.peek(1)
        {
            self.module(place).items.insert(name.to_string());
        }
    }

    /// `mod name;` or `mod name { … }`.
    fn declare(
        &mut self,
        name: &Ident,
        attributes: &Attributes,
        body: Option<Group>,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let name = name.to_string();
        let module = [&place.module[..], std::slice::from_ref(&name)].concat();
        if let Some(body) = body {
            self.modules.entry(module.clone()).or_default().files.push(place.file);
            let children = place.children.join(&name);
            return self.walk(body.stream(), &Place { module, children, nested: false, ..place.clone() });
        }
        if let Some(path) = &attributes.path {
            // Relative to the folder of the file that says so.
            let folder = self.files[place.file].parent().unwrap_or(Path::new("")).to_owned();
            return self.file(place.root, folder.join(path), module, &place.children.join(&name));
        }
        let folder = place.children.join(&name);
        let alone = folder.with_extension("rs");
        let path = if place.root.join(&alone).exists() { alone } else { folder.join("mod.rs") };
        self.file(place.root, path, module, &folder)
    }

    fn import(&mut self, cursor: &mut Cursor<'_>, public: bool, place: &Place<'_>) {
        let line = cursor.line();
        cursor.at += 1;
        let begin = cursor.at;
        while cursor.peek(0).is_some() && !cursor.is_punct(0, ';') {
            cursor.at += 1;
        }
        let mut found = Vec::new();
        tree(&cursor.tokens[begin..cursor.at], &[], &mut found);
        for (path, name) in found {
            let kind = match &name {
                Name::All => UseKind::Glob,
                Name::Is(_) | Name::Nothing => UseKind::Import { public },
            };
            self.uses.push(Use { file: place.file, line, module: place.module.clone(), path: path.clone(), kind });
            match name {
                Name::All => self.module(place).globs.push(path),
                Name::Is(name) => self.module(place).bindings.entry(name).or_default().push(path),
                Name::Nothing => (),
            }
        }
    }

    /// A path or any other token.
    fn path(&mut self, cursor: &mut Cursor<'_>, place: &Place<'_>) {
        let line = cursor.line();
        let begins = cursor.begins_path();
        let path = cursor.path();
        let Some(first) = path.first().filter(|_| begins) else {
            return;
        };
        // In the rules of a macro only what is rooted means something here; the rest is resolved where it is used.
        if place.pattern && first != "crate" {
            return;
        }
        let is_macro = cursor.is_punct(0, '!') && matches!(cursor.peek(1), Some(TokenTree::Group(_)));
        if path.len() > 1 || is_macro {
            let kind = if is_macro { UseKind::Macro } else { UseKind::Path };
            self.uses.push(Use { file: place.file, line, module: place.module.clone(), path, kind });
        }
    }
}

/// Where the walk is.
#[derive(Clone)]
struct Place<'a> {
    root: &'a Path,
    file: usize,
    module: Segments,
    children: PathBuf,
    /// Not among the items of the module.
    nested: bool,
    /// In the rules of a macro.
    pattern: bool,
}

#[derive(Default)]
struct Attributes {
    only_in_tests: bool,
    exported: bool,
    path: Option<String>,
}

impl Attributes {
    fn add(&mut self, attribute: &Group) {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        match &tokens[..] {
            [TokenTree::Ident(name), TokenTree::Group(condition)] if name == "cfg" => {
                self.only_in_tests |= only_in_tests(condition.stream());
            }
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(path)] if name == "path" => {
                self.path = Some(path.to_string().trim_matches('"').to_owned());
            }
            [TokenTree::Ident(name)] if name == "macro_export" => self.exported = true,
            _ => (),
        }
    }
}

/// What a leaf of a `use` binds.
enum Name {
    Is(String),
    /// `as _`
    Nothing,
    /// `*`
    All,
}

/// The leaves of the tree behind `use`.
fn tree(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<(Segments, Name)>) {
    for part in tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
        let mut path = prefix.to_vec();
        let mut renamed = None;
        let mut tokens = part.iter();
        // Nothing behind the last comma; a path that begins with `::` is of another crate.
        if part.first().is_none_or(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')) {
            continue;
        }
        let mut inner = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "as" => {
                    renamed = tokens.next().map(ToString::to_string);
                }
                TokenTree::Ident(ident) if ident == "self" && !path.is_empty() => (),
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    found.push((path.clone(), Name::All));
                    inner = true;
                }
                TokenTree::Group(group) => {
                    tree(&group.stream().into_iter().collect::<Vec<_>>(), &path, found);
                    inner = true;
                }
                _ => (),
            }
        }
        let Some(last) = path.last().filter(|_| !inner).cloned() else {
            continue;
        };
        let name = match renamed {
            Some(renamed) if renamed == "_" => Name::Nothing,
            Some(renamed) => Name::Is(renamed),
            None => Name::Is(last),
        };
        found.push((path, name));
    }
}

struct Cursor<'a> {
    tokens: &'a [TokenTree],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a TokenTree> {
        self.tokens.get(self.at + ahead)
    }

    fn back(&self, behind: usize) -> Option<&'a TokenTree> {
        self.at.checked_sub(behind).and_then(|at| self.tokens.get(at))
    }

    fn line(&self) -> usize {
        self.peek(0).map_or(0, |token| token.span().start().line)
    }

    fn is(&self, name: &str) -> bool {
        matches!(self.peek(0), Some(TokenTree::Ident(ident)) if ident == name)
    }

    fn is_punct(&self, ahead: usize, character: char) -> bool {
        matches!(self.peek(ahead), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
    }

    fn was_punct(&self, behind: usize, character: char) -> bool {
        matches!(self.back(behind), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
    }

    /// `#[…]` or `#![…]`.
    fn attribute(&mut self) -> Option<&'a Group> {
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
    fn keyword(&mut self, keyword: &str) -> Option<Ident> {
        match self.peek(1) {
            Some(TokenTree::Ident(name)) if self.is(keyword) => {
                self.at += 2;
                Some(name.clone())
            }
            _ => None,
        }
    }

    /// `{ … }`, or nothing if there is a `;`.
    fn body(&mut self) -> Option<Group> {
        let token = self.peek(0);
        self.at += 1;
        match token {
            Some(TokenTree::Group(group)) => Some(group.clone()),
            _ => None,
        }
    }

    /// The item, and not `impl Trait + use<'a>`.
    fn is_use(&self) -> bool {
        self.is("use") && !self.is_punct(1, '<')
    }

    fn macro_rules(&mut self) -> Option<(String, &'a Group)> {
        match (self.peek(2), self.peek(3)) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) if self.is("macro_rules") => {
                self.at += 4;
                Some((name.to_string(), body))
            }
            _ => None,
        }
    }

    /// The parentheses behind `pub`; those of a tuple's field are its type.
    fn visibility(&mut self) {
        if let Some(TokenTree::Group(group)) = self.peek(0)
            && let Some(TokenTree::Ident(first)) = group.stream().into_iter().next()
            && ["crate", "self", "super", "in"].iter().any(|word| first == word)
        {
            self.at += 1;
        }
    }

    /// The braces of `quote!` and its kind.
    fn generated_code(&mut self) -> Option<&'a Group> {
        const NAMES: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];
        match self.peek(2) {
            Some(TokenTree::Group(group)) if self.is_punct(1, '!') && NAMES.iter().any(|name| self.is(name)) => {
                self.at += 3;
                Some(group)
            }
            _ => None,
        }
    }

    /// Whether a name here is the first of a path, and not a field, a lifetime, or of another crate.
    fn begins_path(&self) -> bool {
        let follows_dot = self.was_punct(1, '.') && !self.was_punct(2, '.');
        let follows_colons = self.was_punct(1, ':') && self.was_punct(2, ':');
        !follows_dot && !follows_colons && !self.was_punct(1, '\'') && !self.was_punct(1, '$')
    }

    /// Takes the names that are joined by `::`, or one token.
    fn path(&mut self) -> Segments {
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
    fn skip_item(&mut self) {
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
