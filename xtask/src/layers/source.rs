//! The module tree of a crate, and every path that its code uses.
//!
//! Works on tokens and not on syntax trees, so that paths in the arguments of macros count as well.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::conditions::only_in_tests;
use super::cursor::Cursor;

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
    /// The names that `use` binds, with their paths: several, if conditional compilation chooses one.
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
            } else if cursor.skip_generated_code() {
                // Paths in there are the user's.
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
        // Relative to the folder of the file that says so.
        let beside = self.files[place.file].parent().unwrap_or(Path::new("")).to_owned();
        for path in &attributes.paths {
            self.file(place.root, beside.join(path), module.clone(), &place.children.join(&name))?;
        }
        if !attributes.paths.is_empty() {
            return Ok(());
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
    /// Of the file of a module: several, if conditional compilation chooses one.
    paths: Vec<String>,
}

impl Attributes {
    fn add(&mut self, attribute: &Group) {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        match &tokens[..] {
            [TokenTree::Ident(name), TokenTree::Group(condition)] if name == "cfg" => {
                self.only_in_tests |= only_in_tests(condition.stream());
            }
            [TokenTree::Ident(name), TokenTree::Group(conditional)] if name == "cfg_attr" => {
                let tokens: Vec<TokenTree> = conditional.stream().into_iter().collect();
                tokens.split(is_comma).for_each(|part| self.paths.extend(path_of(part)));
            }
            [TokenTree::Ident(name)] if name == "macro_export" => self.exported = true,
            other => self.paths.extend(path_of(other)),
        }
    }
}

/// The string of `path = "…"`.
fn path_of(attribute: &[TokenTree]) -> Option<String> {
    match attribute {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(path)] if name == "path" => {
            Some(path.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// The name that a leaf of a `use` binds.
enum Name {
    Is(String),
    /// `as _`
    Nothing,
    /// `*`
    All,
}

/// The leaves of the tree behind `use`.
fn tree(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<(Segments, Name)>) {
    for part in tokens.split(is_comma) {
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
