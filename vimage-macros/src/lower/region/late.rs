//! Variables that are found later than rustc finds them, behind arguments that wait.
//!
//! ```text
//! V_A.method(x, f().await)    match (look at V_A, x, f().await) { (_, a, b) => V_A.method(a, b) }
//! g(x, &V_A, f().await)       match (x, look at V_A, f().await) { (a, _, b) => g(a, &V_A, b) }
//! ```
//!
//! rustc finds the receiver first, so that it is borrowed across the `.await`. But a static is a place that is always
//! there and that nothing changes: when it is found makes no difference. All else is computed in the order in which it
//! is written, and its temporaries live on, since those of what a `match` looks at last as long as the statement. Only
//! the call is behind it, so that what is called on its result is called as before.
//!
//! Where a place is found through a smart pointer, finding it is a call. It is made in time: see `Turn` in the runtime. A
//! `static mut` is no such place, because its value may be copied or changed in between.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprMatch, Token, parse_quote_spanned};

use super::awaits;
use super::region::located_at;
use super::rewriter::Rewriter;
use crate::parse::code::{Context, accessor};

impl Rewriter<'_> {
    /// Rewrites an expression that [can be](can_be_found_late).
    pub(super) fn found_late(&mut self, expr: &mut Expr) {
        let cx = self.cx;
        let mut first = First { walk: self, patterns: Vec::new(), values: Vec::new() };
        if let Expr::Call(call) = expr
            && let Stays::If(proof) = stays(&call.func, &[])
        {
            first.push(quote_spanned!(Span::mixed_site()=> _), *proof);
        }
        let has_receiver = !matches!(expr, Expr::Call(_));
        let mut operands = operands(expr);
        // What is behind all that waits, and makes no temporaries, is in its turn where it stands.
        while operands.len() > 1 && operands.last().is_some_and(|last| is_simple(last)) {
            operands.pop();
        }
        let texts: Vec<TokenStream> = operands.iter().map(|operand| operand.to_token_stream()).collect();
        for (at, operand) in operands.into_iter().enumerate() {
            if has_receiver && at == 0 && place(operand, &cx).is_some() {
                first.find(operand, "receiver");
            } else if borrowed(operand, &cx).is_some() {
                let Expr::Reference(borrow) = operand else { unreachable!("it borrows") };
                first.find(&mut borrow.expr, "argument");
            } else {
                first.compute(operand, &texts[at + 1..]);
            }
        }
        let First { patterns, values, .. } = first;
        // What is left of the arguments are names, and nothing waits in them.
        self.plain_expr(expr);
        let mixed = Span::mixed_site();
        let mut only: ExprMatch = parse_quote_spanned!(mixed=> match () { (#(#patterns,)*) => () });
        *only.expr = parse_quote_spanned!(mixed=> (#(#values,)*));
        *only.arms[0].body = mem::replace(expr, Expr::PLACEHOLDER);
        *expr = Expr::Match(only);
    }
}

/// What is computed first, in order.
struct First<'w, 'a> {
    walk: &'w mut Rewriter<'a>,
    patterns: Vec<TokenStream>,
    values: Vec<Expr>,
}

impl First<'_, '_> {
    fn push(&mut self, pattern: TokenStream, value: Expr) {
        self.patterns.push(pattern);
        self.values.push(value);
    }

    fn name(&self) -> Expr {
        let name = Ident::new(&format!("__argument_{}", self.values.len()), Span::mixed_site());
        parse_quote_spanned!(Span::mixed_site()=> #name)
    }

    /// An argument that is no place of a variable.
    fn compute(&mut self, argument: &mut Expr, later: &[TokenStream]) {
        let mixed = Span::mixed_site();
        match stays(argument, later) {
            Stays::Always => {}
            Stays::If(proof) => self.push(quote_spanned!(mixed=> _), *proof),
            Stays::No => {
                let name = self.name();
                let mut value = mem::replace(argument, name.clone());
                self.walk.visit_expr_mut(&mut value);
                self.push(name.into_token_stream(), value);
            }
        }
    }

    /// A place of a variable: what it takes to find it, apart from the variable itself.
    fn find(&mut self, place: &mut Expr, role: &str) {
        let at = Span::mixed_site().located_at(place.span());
        let krate = located_at(self.walk.cx.krate, at);
        let mut unchanging = None;
        match place {
            Expr::Field(inner) => self.find(&mut inner.base, "receiver"),
            Expr::Paren(inner) => return self.find(&mut inner.expr, role),
            Expr::Group(inner) => return self.find(&mut inner.expr, role),
            Expr::Index(inner) => {
                self.find(&mut inner.expr, "receiver");
                let list = self.found(&inner.expr);
                let name = self.name();
                let mut index = mem::replace(&mut *inner.index, name.clone());
                self.walk.visit_expr_mut(&mut index);
                let look = self.look(&quote_spanned!(at=> #list[__index]), role, at);
                let value = parse_quote_spanned!(at=> #krate::__private::in_turn(#index, |__index| {
                    #krate::__private::is_list(&#list);
                    #look
                }));
                return self.push(name.into_token_stream(), value);
            }
            ref variable => unchanging = Some(quote_spanned!(at=> #krate::__private::is_unchanging(#variable);)),
        }
        let found = self.found(place);
        let look = self.look(&found, role, at);
        self.push(quote_spanned!(at=> _), parse_quote_spanned!(at=> { #unchanging #look }));
    }

    /// A place, found now.
    fn found(&mut self, place: &Expr) -> TokenStream {
        let mut found = place.clone();
        self.walk.visit_expr_mut(&mut found);
        found.into_token_stream()
    }

    /// Looks through a place, if it is a smart pointer.
    fn look(&self, place: &TokenStream, role: &str, at: Span) -> TokenStream {
        let krate = located_at(self.walk.cx.krate, at);
        let role = Ident::new(role, at);
        quote_spanned!(at=>
            #[allow(unused_imports)]
            use #krate::__private::{LookThrough as _, LookThroughOther as _, NothingToLookThrough as _};
            (&&&#krate::__private::#role(&#place)).look();
        )
    }
}

/// Whether an expression borrows a variable, and then waits.
pub(super) fn can_be_found_late(expr: &Expr, cx: &Context) -> bool {
    let waits = |operand: &Expr| awaits::in_expr(operand, cx);
    match expr {
        Expr::MethodCall(call) if accessor::is_left_alone(call, cx) => false,
        Expr::MethodCall(call) => {
            place(&call.receiver, cx).is_some() && (waits(&call.receiver) || call.args.iter().any(waits))
        }
        Expr::Call(call) if is_function(&call.func, &call.args, cx) => {
            let last = call.args.iter().rposition(waits);
            call.args.iter().take(last.map_or(0, |last| last + 1)).any(|operand| borrowed(operand, cx).is_some())
        }
        Expr::Reference(_) => borrowed(expr, cx).is_some_and(waits),
        _ => false,
    }
}

/// What is computed, in order.
fn operands(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::MethodCall(call) => std::iter::once(&mut *call.receiver).chain(&mut call.args).collect(),
        Expr::Call(call) => call.args.iter_mut().collect(),
        Expr::Reference(borrow) => vec![&mut *borrow.expr],
        _ => unreachable!("nothing else can be found late"),
    }
}

/// A path to a function, or to a local that the arguments say nothing of: not to a variable.
fn is_function(callee: &Expr, arguments: &Punctuated<Expr, Token![,]>, cx: &Context) -> bool {
    let Expr::Path(path) = callee else { return false };
    let name = accessor::name(&path.path);
    let text = name.to_string();
    let is_constant = text.len() > 1 && !text.contains(|c: char| c.is_lowercase());
    let is_changed = path.path.get_ident().is_some() && says(&arguments.to_token_stream(), name);
    !is_constant && !is_changed && accessor::accessor(callee, cx).is_none()
}

/// The place that an operand borrows.
fn borrowed<'e>(operand: &'e Expr, cx: &Context) -> Option<&'e Expr> {
    match operand {
        Expr::Reference(inner) => place(&inner.expr, cx),
        _ => None,
    }
}

/// A variable, or a field or an element of one.
fn place<'e>(expr: &'e Expr, cx: &Context) -> Option<&'e Expr> {
    let base = match expr {
        _ if accessor::accessor(expr, cx).is_some() => return Some(expr),
        Expr::Field(inner) => &inner.base,
        Expr::Group(inner) => &inner.expr,
        Expr::Index(inner) => &inner.expr,
        Expr::Paren(inner) => &inner.expr,
        _ => return None,
    };
    place(base, cx).map(|_| expr)
}

/// Whether an expression computes nothing that could be dropped.
fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(_) | Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Field(inner) => is_simple(&inner.base),
        Expr::Group(inner) => is_simple(&inner.expr),
        Expr::Paren(inner) => is_simple(&inner.expr),
        Expr::Reference(inner) => !matches!(&*inner.expr, Expr::Closure(_) | Expr::Lit(_)) && is_simple(&inner.expr),
        _ => false,
    }
}

/// Whether an argument can stay where it is, because its value is the same later.
enum Stays {
    /// It is a literal.
    Always,
    /// It is a local of which the later arguments say nothing. That it is no static has to be proven: no binding can
    /// have the name of one.
    If(Box<Expr>),
    No,
}

fn stays(argument: &Expr, later: &[TokenStream]) -> Stays {
    match argument {
        Expr::Lit(_) => Stays::Always,
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) if is_local(name) && !later.iter().any(|tokens| says(tokens, name)) => {
                let name = Ident::new(&name.to_string(), Span::mixed_site().located_at(name.span()));
                Stays::If(Box::new(parse_quote_spanned!(Span::mixed_site()=> (|#name: ()| #name)(()))))
            }
            _ => Stays::No,
        },
        _ => Stays::No,
    }
}

fn is_local(name: &Ident) -> bool {
    let name = name.to_string();
    name != "self" && !name.contains(char::is_uppercase)
}

fn says(tokens: &TokenStream, name: &Ident) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(other) => other == *name,
        TokenTree::Group(group) => says(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
        TokenTree::Punct(_) => false,
    })
}
