//! What a scan finds.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;

/// All that a port needs to know of one file.
#[derive(Debug, Default)]
pub(in crate::port) struct Scan {
    pub(in crate::port) statics: Vec<Static>,
    /// The file, and the inline modules in it. The file is the first one.
    pub(in crate::port) scopes: Vec<Scope>,
    pub(in crate::port) carriers: Vec<Carrier>,
    pub(in crate::port) lazies: Vec<LazyMacro>,
    /// Text that no syntax tree shows: bodies of macros, and the arguments of macros among the items.
    pub(in crate::port) unparsed: Vec<Unparsed>,
    /// Calls of macros in code.
    pub(in crate::port) calls: Vec<Call>,
    /// `use a::B as C`: the place of `B`, and the place of `C`.
    pub(in crate::port) renames: Vec<(Range<usize>, Range<usize>)>,
    /// The options of `virtualize! { options; … }`, or the place where some could be written.
    pub(in crate::port) module_options: Option<ModuleOptions>,
    /// Names of items other than statics, which may be those of statics elsewhere.
    pub(in crate::port) other_names: BTreeSet<String>,
}

/// A static.
#[derive(Clone, Debug)]
pub(in crate::port) struct Static {
    pub(in crate::port) name: String,
    pub(in crate::port) name_at: Range<usize>,
    /// The place of an attribute. Several statics of one `thread_local!` have the same.
    pub(in crate::port) attribute_at: usize,
    pub(in crate::port) ty: Range<usize>,
    pub(in crate::port) kind: Kind,
    /// The attribute that it has.
    pub(in crate::port) decision: Option<Decision>,
    /// The place of `#[virtualized]` without options, which `keep` replaces.
    pub(in crate::port) bare_attribute: Option<Range<usize>>,
    /// The block, module or file whose code sees it by its name alone.
    pub(in crate::port) visible_in: Range<usize>,
    pub(in crate::port) in_tests: bool,
    pub(in crate::port) is_public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::port) enum Kind {
    Static,
    Mutable,
    ThreadLocal,
    Lazy,
    Foreign,
    /// Built of numbers, text, and arrays, tuples and shared references of these.
    Constant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Virtualized,
    Keep,
    Shared,
}

/// A file or an inline module.
#[derive(Debug, Default)]
pub(in crate::port) struct Scope {
    /// A module is declared in it.
    pub(in crate::port) has_module: bool,
    /// It is inside of a module.
    pub(in crate::port) is_inside_module: bool,
    pub(in crate::port) items: Vec<ItemPlace>,
}

/// An item of a scope.
#[derive(Debug)]
pub(in crate::port) struct ItemPlace {
    pub(in crate::port) at: Range<usize>,
    /// It cannot be inside of `virtualize!`, or would need an attribute there.
    pub(in crate::port) is_barrier: bool,
    /// Its code can be virtualized.
    pub(in crate::port) can_be_touched: bool,
    pub(in crate::port) words: BTreeSet<String>,
    /// The scope that it is.
    pub(in crate::port) inner: Option<usize>,
}

/// An item that can have `#[virtualized]`, so that its code can use variables.
#[derive(Debug)]
pub(in crate::port) struct Carrier {
    pub(in crate::port) at: Range<usize>,
    pub(in crate::port) attribute_at: usize,
    /// It has the attribute, or stands in a module.
    pub(in crate::port) is_virtualized: bool,
}

/// A call of a macro.
#[derive(Debug)]
pub(in crate::port) struct Call {
    pub(in crate::port) at: Range<usize>,
    /// Behind the last argument.
    pub(in crate::port) end: usize,
    pub(in crate::port) ends_with_comma: bool,
}

/// Text that no syntax tree shows.
#[derive(Debug)]
pub(in crate::port) struct Unparsed {
    /// The names of statics that are declared in it.
    pub(in crate::port) statics: Vec<(String, usize)>,
    /// The body of a `macro_rules!`.
    pub(in crate::port) is_definition: bool,
}

/// The options of a module.
#[derive(Clone, Debug)]
pub(in crate::port) struct ModuleOptions {
    /// The place for one more, in front of all others.
    pub(in crate::port) at: usize,
    pub(in crate::port) has_some: bool,
}

impl Static {
    pub(in crate::port) fn is_virtualized(&self) -> bool {
        matches!(self.decision, Some(Decision::Virtualized | Decision::Keep))
    }
}

/// One call of the macro.
#[derive(Debug)]
pub(in crate::port) struct LazyMacro {
    /// From the path to the closing delimiter, with the `;` behind it.
    pub(in crate::port) at: Range<usize>,
    /// The call has attributes, which are those of all its statics.
    pub(in crate::port) has_attributes: bool,
    /// From the path to the opening delimiter.
    pub(in crate::port) open: Range<usize>,
    /// The closing delimiter, with the `;` behind it.
    pub(in crate::port) close: Range<usize>,
    pub(in crate::port) entries: Vec<LazyStatic>,
}

/// `pub static ref NAME: T = e;`
#[derive(Debug)]
pub(in crate::port) struct LazyStatic {
    /// The visibility, or `static`.
    pub(in crate::port) start: usize,
    /// `ref `, with the white space in front of the name.
    pub(in crate::port) reference: Range<usize>,
    pub(in crate::port) name: String,
    pub(in crate::port) name_at: Range<usize>,
    pub(in crate::port) ty: Range<usize>,
    pub(in crate::port) init: Range<usize>,
    pub(in crate::port) is_public: bool,
}

/// The place of a piece of syntax.
pub(super) fn place(of: &impl Spanned) -> Range<usize> {
    of.span().byte_range()
}

/// All words in some tokens.
pub(super) fn words(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => _ = found.insert(word.to_string()),
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Literal(text) => captures(&text.to_string(), found),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names in `"{NAME}"`.
fn captures(literal: &str, found: &mut BTreeSet<String>) {
    for piece in literal.split('{').skip(1) {
        let name: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !name.is_empty() {
            found.insert(name);
        }
    }
}
