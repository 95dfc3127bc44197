//! A region: its resolutions, and the head in front of its body.
//!
//! ```text
//! {                                               the user's braces, so that coverage keeps the function
//!     use items::of::the_body;                    a resolution may depend on them
//!     let mut v_a_is_of_one_instance_use_keep_or_held @ Region { .. } = Region::new();
//!     let __V_A_1 = resolution of V_A, which borrows it;    each use of V_A is now `(*__V_A_1.get())`
//!     match () { () => { body } }
//! }
//! ```
//!
//! - The head only loads. Whether there is an instance is checked by `get()`, at the use.
//! - Variables that are probably of one part, by their paths, are resolved beside each other, so that the part is looked
//!   up once.
//! - A resolution has the lifetime of a borrow of its *owner*, a local at the region's head. So neither it nor anything
//!   that it yields can leave the region, not even where a macro moves the use into a closure.
//! - The owner is hygienic: no code can name it, bind its name anew, or end its life early. Nor can an item have its
//!   name, since no constant can be made of its type. rustc hides the names of hygienic locals in borrow errors, except
//!   where the pattern starts and ends with tokens of the user's. `mut` and the braces are such tokens.
//!
//! A block with items is a scope of its own, since its names may mean other variables than the same names outside: its
//! resolutions stand behind its items. In async code each statement is such a scope, see [`suspend`](super::suspend).

use std::mem;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::token::Paren;
use syn::{Attribute, Block, Expr, ExprParen, MacroDelimiter, Path, Stmt, parse_quote_spanned};

use super::cfg::Condition;
use crate::parse::code::{accessor, known};

/// Whether the code of a region can be suspended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RegionKind {
    Sync,
    /// Async code in which no `.await` can be seen. It is resolved as sync code is; but a macro in it could wait.
    Unsuspended,
    /// Async code that waits.
    Suspended,
}

impl RegionKind {
    /// The name of the local that the resolutions of a variable borrow. It explains the borrow error of which it is
    /// the subject.
    fn owner(self, variable: &Ident) -> String {
        let why = match self {
            Self::Sync | Self::Unsuspended => "is_of_one_instance",
            Self::Suspended => "is_borrowed_across_an_await",
        };
        format!("{}_{why}_use_keep_or_held", variable.unraw().to_string().to_lowercase().replace("__", "_"))
    }
}

/// The resolutions of one region, collected while its body is walked.
pub(super) struct Region {
    kind: RegionKind,
    /// What resolutions borrow: one for each variable, declared at the head.
    owners: Vec<Owner>,
    /// Where resolutions are put, from the outside in: the head, then the blocks with items that the walk is inside of.
    /// In code that waits: the statement, then the blocks; none where uses are resolved in their places.
    scopes: Vec<Scope>,
    /// Lints that the body is silent about, because it would be without the head.
    silenced: Vec<Lint>,
}

#[derive(Clone)]
pub(super) struct Owner {
    name: String,
    /// The first use of the variable.
    at: Span,
    condition: Condition,
}

impl Owner {
    fn located_at(&self, place: Span) -> Ident {
        Ident::new(&self.name, Span::mixed_site().located_at(place))
    }

    /// It is borrowed at a place of the user's, for errors to point at.
    fn borrowed_at(&self, place: Span, mutability: Option<TokenStream>) -> TokenStream {
        let mut owner = Group::new(Delimiter::Parenthesis, self.located_at(place).into_token_stream());
        owner.set_span(place);
        quote_spanned!(place=> & #mutability #owner)
    }

    fn declaration(&self, krate: &Path) -> Stmt {
        let (cfg, owner) = (self.condition.attribute(), self.located_at(self.at));
        let first = quote_spanned!(self.at=> mut);
        let last = quote_spanned!(self.at=> { .. });
        // The second statement makes it `mut` for a reason, whatever comes.
        verbatim(quote_spanned! {Span::mixed_site()=>
            #cfg let #first #owner @ #krate::__private::Region #last = #krate::__private::Region::new();
            #cfg let _ = &mut #owner;
        })
    }
}

/// A lint that tells a use from the static that it stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lint {
    /// rustc denies methods and indexes of a place behind a raw pointer, of which it says nothing where the place is
    /// a `static mut`.
    Autorefs,
    /// Clippy sees who writes through the guard of a static, but not through that of a place behind a reference.
    ReadonlyWriteLock,
    /// A `transmute` that is the whole body has its types from the signature, and Clippy does not see that any more.
    TransmuteAnnotations,
}

#[derive(Default)]
struct Scope {
    /// How many `#[cfg]`s of the region the scope itself is under.
    conditions: usize,
    found: Vec<Found>,
}

struct Found {
    path: Path,
    /// What the resolution borrows.
    owner: TokenStream,
    /// The local that uses read through.
    local: Ident,
    condition: Condition,
}

impl Region {
    pub(super) fn new(kind: RegionKind) -> Self {
        let head = (kind != RegionKind::Suspended).then(Scope::default);
        Self { kind, owners: Vec::new(), scopes: head.into_iter().collect(), silenced: Vec::new() }
    }

    /// Code that waits, in which these variables are used.
    pub(super) fn suspended(variables: &[Ident]) -> Self {
        let mut region = Self::new(RegionKind::Suspended);
        variables.iter().for_each(|variable| _ = region.owner(variable, &[]));
        region
    }

    pub(super) fn kind(&self) -> RegionKind {
        self.kind
    }

    /// Whether a use is resolved where it stands.
    pub(super) fn resolves_in_place(&self) -> bool {
        self.scopes.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// What stands for a use of `path`, where all of `cfgs` hold.
    pub(super) fn resolve(&mut self, path: &Path, cfgs: &[TokenStream], in_unsafe: bool, krate: &Path) -> Expr {
        if in_unsafe {
            // It may be one of a `static mut`.
            self.silence(Lint::Autorefs);
        }
        let variable = accessor::name(path);
        let owner = self.owner(variable, cfgs).borrowed_at(variable.span(), None);
        match self.scopes.last_mut() {
            Some(scope) => place(&scope.local(path, owner, cfgs), variable.span()),
            None => place(&resolution(path, &owner, None, krate), variable.span()),
        }
    }

    fn owner(&mut self, variable: &Ident, cfgs: &[TokenStream]) -> &Owner {
        let name = self.kind.owner(variable);
        let known = self.owners.iter().position(|owner| owner.name == name);
        let index = known.unwrap_or_else(|| {
            assert!(
                self.kind != RegionKind::Suspended || cfgs.is_empty(),
                "what code that waits uses was collected before"
            );
            self.owners.push(Owner { name, at: variable.span(), condition: Condition::NEVER });
            self.owners.len() - 1
        });
        let owner = &mut self.owners[index];
        owner.condition.or_all(cfgs);
        owner
    }

    /// Enters a block with items, or a statement of code that waits, under so many of the region's `#[cfg]`s.
    pub(super) fn enter(&mut self, conditions: usize) {
        self.scopes.push(Scope { conditions, found: Vec::new() });
    }

    /// Leaves it, and hands back its resolutions.
    pub(super) fn leave(&mut self, krate: &Path) -> Vec<Stmt> {
        self.scopes.pop().expect("left what was entered").resolutions(krate)
    }

    pub(super) fn silence(&mut self, lint: Lint) {
        if !self.silenced.contains(&lint) {
            self.silenced.push(lint);
        }
    }

    pub(super) fn lints(&self) -> Vec<Attribute> {
        let allow = |lint: &Lint| match lint {
            Lint::Autorefs => parse_quote_spanned!(Span::mixed_site()=> #[allow(dangerous_implicit_autorefs)]),
            Lint::ReadonlyWriteLock => parse_quote_spanned!(Span::mixed_site()=> #[allow(clippy::readonly_write_lock)]),
            Lint::TransmuteAnnotations => {
                parse_quote_spanned!(Span::mixed_site()=> #[allow(clippy::missing_transmute_annotations)])
            }
        };
        self.silenced.iter().map(allow).collect()
    }

    /// The statements that stand before the body.
    pub(super) fn head(&self, krate: &Path) -> Vec<Stmt> {
        let owners = self.owners.iter().map(|owner| owner.declaration(krate));
        owners.chain(self.scopes.first().into_iter().flat_map(|head| head.resolutions(krate))).collect()
    }

    /// The statement that ends all borrows, in front of what may suspend the region there.
    ///
    /// What is borrowed still cannot be borrowed mutably. The error points at the use, the `.await` and the later use.
    pub(super) fn barrier(&self, before: Span, krate: &Path) -> Stmt {
        let owners = self.owners.iter().map(|owner| owner.borrowed_at(before, Some(quote_spanned!(before=> mut))));
        let krate = located_at(krate, before);
        parse_quote_spanned!(Span::mixed_site().located_at(before)=> #krate::__private::suspend([#(#owners),*]);)
    }

    /// Leaves out the owners of all variables but these, of which it hands back the ones that it had.
    pub(super) fn narrow(&mut self, variables: &[Ident]) -> Vec<Owner> {
        let names: Vec<_> = variables.iter().map(|variable| self.kind.owner(variable)).collect();
        let narrowed = self.owners.iter().filter(|owner| names.contains(&owner.name)).cloned().collect();
        mem::replace(&mut self.owners, narrowed)
    }

    pub(super) fn widen(&mut self, owners: Vec<Owner>) {
        self.owners = owners;
    }
}

impl Scope {
    /// The local that uses of `path` read through.
    fn local(&mut self, path: &Path, owner: TokenStream, cfgs: &[TokenStream]) -> Ident {
        let text = path.to_token_stream().to_string();
        let known = self.found.iter().position(|found| found.path.to_token_stream().to_string() == text);
        let index = known.unwrap_or_else(|| {
            let variable = accessor::name(path);
            // Several paths can end in the same name.
            let nth = 1 + self.found.iter().filter(|found| found.is_named(variable)).count();
            let local = format!("__{}_{nth}", variable.unraw());
            let local = Ident::new(&local, Span::mixed_site().located_at(variable.span()));
            self.found.push(Found { path: path.clone(), owner, local, condition: Condition::NEVER });
            self.found.len() - 1
        });
        let found = &mut self.found[index];
        found.condition.or_all(&cfgs[self.conditions..]);
        found.local.clone()
    }

    fn resolutions(&self, krate: &Path) -> Vec<Stmt> {
        let declare = |(index, found): (usize, &Found)| -> Stmt {
            let Found { path, owner, local, condition } = found;
            let beside = self.found[..index].iter().rfind(|other| other.is_beside(found)).map(|other| &other.local);
            let (cfg, resolution) = (condition.attribute(), resolution(path, owner, beside, krate));
            verbatim(quote_spanned!(Span::mixed_site()=> #cfg let #local = #resolution;))
        };
        self.found.iter().enumerate().map(declare).collect()
    }
}

impl Found {
    /// Whether another variable is probably of the same part, and this one resolved wherever that one is.
    fn is_beside(&self, other: &Self) -> bool {
        let scope =
            |path: &Path| path.segments.iter().rev().skip(1).map(|segment| segment.ident.clone()).collect::<Vec<_>>();
        matches!(self.condition, Condition::Always) && scope(&self.path) == scope(&other.path)
    }

    fn is_named(&self, variable: &Ident) -> bool {
        self.path.segments.last().is_some_and(|last| last.ident.unraw() == variable.unraw())
    }
}

/// The place that a use stands for.
///
/// A panic of a `#[track_caller]` function shows where the function's name is, and coverage counts what starts and
/// ends at a place of the user's; both only outside of expansions. So `get()` and the parentheses are the user's.
fn place(resolved: &impl ToTokens, at: Span) -> Expr {
    let mixed = Span::mixed_site().located_at(at);
    let tokens = resolved.to_token_stream().into_iter();
    let resolved = tokens.map(|mut token| {
        if let TokenTree::Ident(local) = &mut token {
            local.set_span(local.span().located_at(at));
        }
        token
    });
    let resolved: TokenStream = resolved.collect();
    let check = quote_spanned!(at=> .get());
    let place = Expr::Verbatim(quote_spanned!(mixed=> *#resolved #check));
    Expr::Paren(ExprParen { attrs: Vec::new(), paren_token: Paren(at), expr: Box::new(place) })
}

/// Statements as tokens: no later stage looks into them, and to parse them here would take time.
fn verbatim(statements: TokenStream) -> Stmt {
    Stmt::Expr(Expr::Verbatim(statements), None)
}

/// `beside` is the local of a variable that was resolved before, and is probably of the same part.
fn resolution(path: &Path, owner: &TokenStream, beside: Option<&Ident>, krate: &Path) -> TokenStream {
    // At the use, where rustc is to show errors about the types.
    let at = accessor::name(path).span();
    let krate = located_at(krate, at);
    // The type of what is called is the runtime's own whatever `crate = …` leads to, so that a crate that forbids
    // `unsafe` cannot have another function called in its place.
    let mixed = Span::mixed_site().located_at(at);
    let resolve = match beside {
        Some(other) => quote_spanned!(mixed=> resolve_beside(#owner, #other.part())),
        None => quote_spanned!(mixed=> resolve_in_region(#owner)),
    };
    quote_spanned!(mixed=> {
        let __accessor = #krate::__private::accessor(#path);
        unsafe { __accessor.#resolve }
    })
}

/// The path of the runtime as if the user had written it there.
pub(super) fn written_at(krate: &Path, place: Span) -> TokenStream {
    let move_to = |mut token: TokenTree| {
        token.set_span(place);
        token
    };
    krate.to_token_stream().into_iter().map(move_to).collect()
}

/// The path of the runtime as if it were written there.
pub(super) fn located_at(krate: &Path, place: Span) -> TokenStream {
    let move_to = |mut token: TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    krate.to_token_stream().into_iter().map(move_to).collect()
}

/// How many items a block starts with.
pub(super) fn leading_items(stmts: &[Stmt]) -> usize {
    stmts.iter().take_while(|stmt| matches!(stmt, Stmt::Item(_))).count()
}

/// The body's resolutions cannot stand in front of it, because it has items in its midst.
pub(super) fn has_later_items(block: &Block) -> bool {
    has_items(&block.stmts[leading_items(&block.stmts)..])
}

/// Whether names in a block may mean something else than outside. A macro in braces may expand to items too, as
/// `cfg_if!` does.
pub(super) fn has_items(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Item(_) => true,
        Stmt::Macro(call) => matches!(call.mac.delimiter, MacroDelimiter::Brace(_)) && !known::is_known(&call.mac),
        Stmt::Local(_) | Stmt::Expr(..) => false,
    })
}
