//! What a sync region becomes: the resolutions at its head, and its body behind them.
//!
//! ```text
//! {                                               the user's braces, so that coverage keeps the function
//!     use items::of::the_body;                    a resolution may depend on them
//!     let v_a_is_of_one_instance_use_keep_or_held = Region::new();
//!     let __V_A = resolution of V_A, which borrows it;    each mention of V_A is now `(*__V_A.get())`
//!     match () { () => { body } }
//! }
//! ```
//!
//! - The head only loads. Whether there is an instance is checked by `get()`, at the mention.
//! - The resolution has the lifetime of a borrowed local. So neither it nor anything that it yields can leave the
//!   region, not even where a macro moves the mention into a closure. Whoever gets hold of the borrowed local has
//!   nothing: it has no content.
//! - The arm of a `match` drops the temporaries of its tail at its end, in each edition, and the locals that they
//!   borrow from are outside. The body's own braces keep the order in which its locals and its tail are dropped.
//! - An arm hides from a closure or an async block in the tail, and from `impl Trait`, which type is expected of
//!   it. There the body goes through `'v: { break 'v { body }; }`, which is not used everywhere because rustc calls
//!   it unreachable behind a body that diverges.
//!
//! A block with items is a scope of its own, since its names may mean other variables than the same names outside.
//! What its resolutions borrow is at the region's head, for in edition 2021 the temporaries of its tail outlive it.
//! It is borrowed there too, because an item in the block could have its name:
//!
//! ```text
//! let v_a_is_of_… = Region::new();
//! let __region_of_v_a_is_of_… = &v_a_is_of_…;
//! … {
//!     use other::V_A;
//!     let __V_A = resolution of V_A, which has the lifetime of __region_of_v_a_is_of_…;
//!     body
//! } …
//! ```

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::token::{Brace, Paren};
use syn::visit::Visit;
use syn::{
    Attribute, Block, Expr, ExprBlock, ExprBreak, ExprMatch, ExprParen, MacroDelimiter, Path, ReturnType, Stmt, Token,
    TypeImplTrait, parse_quote_spanned,
};

use super::cfg::{self, Condition};

/// Where a region stands, which decides what the locals that hold its resolutions are called.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Sync,
    /// A piece of an async region.
    Piece,
}

/// What ends the name of a local that is not hygienic. Nobody needs to name it, nor gains anything by it.
pub(super) const RESERVED: &str = "_use_keep_or_held";

impl Kind {
    /// The local that a variable's resolution borrows.
    ///
    /// rustc prints the names of locals in borrow errors, but hides those that a macro made. A name is what can
    /// explain why a reference cannot leave the region, or be held across an `.await`, so it has the user's hygiene.
    /// The resolution itself is in a local that only the expansion can name.
    fn owner(self, variable: &Ident, nth: usize) -> Ident {
        let suffix = if nth > 1 { format!("_{nth}") } else { String::new() };
        let why = match self {
            Self::Sync => "_is_of_one_instance",
            Self::Piece => "_is_borrowed_across_an_await",
        };
        let name = variable.unraw().to_string().to_lowercase().replace("__", "_");
        Ident::new(&format!("{name}{suffix}{why}{RESERVED}"), variable.span())
    }
}

/// What one region resolves, collected while its body is walked.
pub(super) struct Region {
    kind: Kind,
    /// The head, then the blocks with items that the walk is inside of.
    scopes: Vec<Scope>,
    /// What the resolutions in blocks with items borrow.
    outer: Vec<(Ident, Condition)>,
    /// What is declared at the head, and at those of regions that are still open.
    owners: Vec<Ident>,
    /// What the body is to be silent about, because it would be in a body that nothing stands in front of.
    silenced: Vec<Lint>,
}

/// A lint that tells a mention from the static that it stands for.
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
pub(super) struct Scope {
    /// How many `#[cfg]`s of the region the scope itself is under.
    conditions: usize,
    found: Vec<Found>,
}

struct Found {
    path: Path,
    /// What the resolution borrows.
    owner: Ident,
    /// The local that mentions read through.
    local: Ident,
    condition: Condition,
    /// The index of its owner in `Region::outer`, in a block with items.
    outer: Option<usize>,
}

impl Region {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, scopes: vec![Scope::default()], outer: Vec::new(), owners: Vec::new(), silenced: Vec::new() }
    }

    /// A piece in the middle of a block, which lasts until the next `.await`, as do those that are `open`.
    pub(super) fn behind(open: &[Self]) -> Self {
        // Each has those in front of it already.
        let owners = open.last().map_or_else(Vec::new, |region| region.owners.clone());
        Self { owners, ..Self::new(Kind::Piece) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outer.is_empty() && self.scopes.iter().all(|scope| scope.found.is_empty())
    }

    /// The local that a mention of `path` reads through, where all of `cfgs` hold.
    pub(super) fn resolve(&mut self, path: &Path, cfgs: &[TokenStream], in_unsafe: bool) -> Ident {
        if in_unsafe {
            // It may be one of a `static mut`.
            self.silence(Lint::Autorefs);
        }
        let nested = self.scopes.len() > 1;
        let scope = self.scopes.last_mut().expect("a region has a head");
        let text = path.to_token_stream().to_string();
        let known = scope.found.iter().position(|found| found.path.to_token_stream().to_string() == text);
        let index = known.unwrap_or_else(|| {
            let variable = path.segments.last().expect("a mention has a name").ident.clone();
            // Several paths can end in the same name, and several blocks resolve the same path.
            let mut candidates = (1..).map(|nth| (nth, self.kind.owner(&variable, nth)));
            let free = candidates.find(|(_, owner)| !self.owners.contains(owner));
            let (nth, owner) = free.expect("there are more numbers than variables");
            self.owners.push(owner.clone());
            let local = format!("__{}_{nth}", variable.unraw());
            let local = Ident::new(&local, Span::mixed_site().located_at(variable.span()));
            let outer = nested.then_some(self.outer.len());
            self.outer.extend(nested.then(|| (owner.clone(), Condition::NEVER)));
            scope.found.push(Found { path: path.clone(), owner, local, condition: Condition::NEVER, outer });
            scope.found.len() - 1
        });
        let found = &mut scope.found[index];
        found.condition.or_all(&cfgs[scope.conditions..]);
        if let Some(outer) = found.outer {
            self.outer[outer].1.or_all(cfgs);
        }
        found.local.clone()
    }

    /// Enters a block with items, under so many of the region's `#[cfg]`s.
    pub(super) fn enter(&mut self, conditions: usize) {
        self.scopes.push(Scope { conditions, found: Vec::new() });
    }

    /// Leaves it, and puts its resolutions behind the items that it starts with. Says whether there are any.
    pub(super) fn leave(&mut self, block: &mut Block, krate: &Path) -> bool {
        let scope = self.scopes.pop().expect("left a block that was entered");
        let lets = scope.found.iter().map(|Found { path, owner, local, condition, .. }| -> Stmt {
            let cfg = condition.attribute();
            let region = reference(owner);
            let resolution = resolution(path, &region.to_token_stream(), krate);
            parse_quote_spanned!(Span::mixed_site()=> #cfg let #local = #resolution;)
        });
        let at = leading_items(&block.stmts);
        block.stmts.splice(at..at, lets.collect::<Vec<_>>());
        !scope.found.is_empty()
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
        let mixed = Span::mixed_site();
        let region = |owner: &Ident, condition: &Condition| -> Stmt {
            let cfg = condition.attribute();
            parse_quote_spanned!(mixed=> #cfg let #owner = #krate::__private::Region::new();)
        };
        let borrow = |owner: &Ident| quote_spanned!(owner.span()=> &#owner);
        let outer = self.outer.iter().flat_map(|(owner, condition)| -> [Stmt; 2] {
            let cfg = condition.attribute();
            let (reference, borrow) = (reference(owner), borrow(owner));
            [region(owner, condition), parse_quote_spanned!(mixed=> #cfg let #reference = #borrow;)]
        });
        let lets = self.scopes[0].found.iter().flat_map(|Found { path, owner, local, condition, .. }| -> [Stmt; 2] {
            let cfg = condition.attribute();
            let resolution = resolution(path, &borrow(owner), krate);
            [region(owner, condition), parse_quote_spanned!(mixed=> #cfg let #local = #resolution;)]
        });
        outer.chain(lets).collect()
    }

    /// The statements that end all borrows of what the head resolved, in front of an `.await`.
    ///
    /// What is borrowed still cannot be moved. The error points at the mention, the `.await` and the later use.
    pub(super) fn barrier(&self, before: Span) -> Vec<Stmt> {
        let outer = self.outer.iter().map(|(owner, condition)| (owner, condition));
        let found = self.scopes[0].found.iter().map(|found| (&found.owner, &found.condition));
        let end = |(owner, condition): (&Ident, &Condition)| -> Stmt {
            let cfg = condition.attribute();
            let owner = Ident::new(&owner.to_string(), owner.span().located_at(before));
            parse_quote_spanned!(Span::mixed_site()=> #cfg let _ = { #owner };)
        };
        outer.chain(found).map(end).collect()
    }

    /// Puts the head in front of a body that is a block, behind the items that the block starts with.
    pub(super) fn enclose_block(&self, block: &mut Block, output: &ReturnType, krate: &Path) {
        let mut body = block.stmts.split_off(leading_items(&block.stmts));
        let labelled = needs_label(output, tail(&body));
        block.stmts.extend(self.head(krate));
        // Behind a `break`, rustc says of braces around a mere tail that they are unused. Attributes need them.
        let is_bare = match body.as_mut_slice() {
            [Stmt::Expr(tail, None)] if labelled => cfg::leading_attrs(tail).is_none_or(|attrs| attrs.is_empty()),
            _ => false,
        };
        let inner = match body.pop() {
            Some(Stmt::Expr(tail, None)) if is_bare => tail,
            last => {
                body.extend(last);
                let block = Block { brace_token: block.brace_token, stmts: body };
                Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
            }
        };
        block.stmts.push(Stmt::Expr(body_expr(inner, labelled, self.lints()), None));
    }

    /// Puts the head in front of a body that is an expression.
    pub(super) fn enclose_expr(&self, expr: &mut Expr, output: &ReturnType, krate: &Path) {
        let labelled = needs_label(output, Some(expr));
        let body = std::mem::replace(expr, Expr::PLACEHOLDER);
        let mut stmts = self.head(krate);
        stmts.push(Stmt::Expr(body_expr(body, labelled, self.lints()), None));
        *expr = block_expr(stmts);
    }
}

/// The place that a mention stands for.
///
/// A panic of a `#[track_caller]` function shows where the function's name is, and coverage counts what starts and
/// ends at a place of the user's; both only outside of expansions. So `get()` and the parentheses are the user's.
pub(super) fn place(local: &Ident, mention: Span) -> Expr {
    let at = Span::mixed_site().located_at(mention);
    let local = Ident::new(&local.to_string(), at);
    let check = quote_spanned!(mention=> .get());
    let mut place: ExprParen = parse_quote_spanned!(at=> (*#local #check));
    place.paren_token = Paren(mention);
    Expr::Paren(place)
}

/// The local that refers to a region from blocks with items inside.
fn reference(owner: &Ident) -> Ident {
    Ident::new(&format!("__region_of_{owner}"), Span::mixed_site().located_at(owner.span()))
}

fn resolution(path: &Path, region: &TokenStream, krate: &Path) -> TokenStream {
    // At the mention, where rustc is to say what it has against the types.
    let mention = path.segments.last().map_or_else(Span::mixed_site, |last| last.ident.span());
    let krate = located_at(krate, mention);
    // The type of what is called is the runtime's own whatever `crate = …` leads to, so that a crate that forbids
    // `unsafe` cannot have another function called in its place.
    quote_spanned!(Span::mixed_site().located_at(mention)=> {
        let __accessor = #krate::__private::accessor(#path);
        unsafe { __accessor.resolve_in_region(#region) }
    })
}

/// The path of the runtime as if it were written there.
pub(super) fn located_at(krate: &Path, place: Span) -> TokenStream {
    let move_to = |mut token: TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    krate.to_token_stream().into_iter().map(move_to).collect()
}

/// Ends the temporaries of a tail with it, so that they can borrow from what the block declares.
pub(super) fn end_temporaries(tail: &mut Expr) {
    let labelled = takes_its_type_from_outside(tail);
    let body = std::mem::replace(tail, Expr::PLACEHOLDER);
    *tail = body_expr(body, labelled, Vec::new());
}

/// The body, so that what it borrows from the head ends before the head's locals do.
fn body_expr(body: Expr, labelled: bool, lints: Vec<Attribute>) -> Expr {
    // Put in as a tree, not as tokens: syn adds the parentheses that some expressions need in an arm.
    // Where the value is, for errors about what it borrows.
    let mixed = Span::mixed_site().located_at(value(&body));
    if labelled {
        let leave: ExprBreak = parse_quote_spanned!(mixed=> break 'v);
        let leave = Stmt::Expr(
            Expr::Break(ExprBreak { attrs: lints, expr: Some(Box::new(body)), ..leave }),
            Some(Token![;](mixed)),
        );
        let label = parse_quote_spanned!(mixed=> 'v:);
        let block = Block { brace_token: Brace(mixed), stmts: vec![leave] };
        return Expr::Block(ExprBlock { attrs: Vec::new(), label: Some(label), block });
    }
    let mut only: ExprMatch = parse_quote_spanned!(mixed=> match () { () => () });
    only.arms[0].attrs = lints;
    *only.arms[0].body = body;
    Expr::Match(only)
}

/// Where an expression has its value.
fn value(expr: &Expr) -> Span {
    match expr {
        Expr::Block(inner) => tail(&inner.block.stmts).map_or_else(|| inner.block.brace_token.span.close(), value),
        other => other.span(),
    }
}

fn block_expr(stmts: Vec<Stmt>) -> Expr {
    let block = Block { brace_token: Brace(Span::mixed_site()), stmts };
    Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
}

/// How many items a block starts with.
fn leading_items(stmts: &[Stmt]) -> usize {
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
        Stmt::Macro(call) => {
            matches!(call.mac.delimiter, MacroDelimiter::Brace(_)) && !super::macros::is_known(&call.mac)
        }
        Stmt::Local(_) | Stmt::Expr(..) => false,
    })
}

fn tail(stmts: &[Stmt]) -> Option<&Expr> {
    match stmts.last()? {
        Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    }
}

/// Whether the type of the tail depends on what is expected of it.
fn needs_label(output: &ReturnType, tail: Option<&Expr>) -> bool {
    tail.is_some_and(|tail| takes_its_type_from_outside(tail) || (returns_impl(output) && !diverges(tail)))
}

fn takes_its_type_from_outside(expr: &Expr) -> bool {
    let of_block = |block: &Block| tail(&block.stmts).is_some_and(takes_its_type_from_outside);
    match expr {
        Expr::Closure(_) | Expr::Async(_) => true,
        Expr::Paren(inner) => takes_its_type_from_outside(&inner.expr),
        Expr::Group(inner) => takes_its_type_from_outside(&inner.expr),
        Expr::Block(inner) => of_block(&inner.block),
        Expr::Unsafe(inner) => of_block(&inner.block),
        _ => false,
    }
}

fn diverges(expr: &Expr) -> bool {
    matches!(expr, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Loop(_) | Expr::Macro(_))
}

fn returns_impl(output: &ReturnType) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.visit_return_type(output);
    finder.0
}
