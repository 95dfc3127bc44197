//! Conditional compilation: what a region resolves for a statement exists only where the statement does.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Expr, Meta};

/// The predicates of the `#[cfg]` attributes among `attrs`.
pub(super) fn predicates(attrs: &[Attribute]) -> Vec<TokenStream> {
    let lists = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.clone()),
        _ => None,
    });
    lists.collect()
}

/// The condition under which at least one use of a variable is compiled.
#[derive(Clone)]
pub(super) enum Condition {
    Always,
    /// Any of these, each of which needs all of its predicates.
    Any(Vec<Vec<TokenStream>>),
}

impl Condition {
    pub(super) const NEVER: Self = Self::Any(Vec::new());

    /// Also when all `predicates` hold.
    pub(super) fn or_all(&mut self, predicates: &[TokenStream]) {
        let Self::Any(cases) = self else { return };
        if predicates.is_empty() {
            *self = Self::Always;
            return;
        }
        let text = |case: &[TokenStream]| case.iter().map(TokenStream::to_string).collect::<Vec<_>>();
        // syn attaches the attributes of a statement to its first expression as well.
        let mut case = predicates.to_vec();
        case.dedup_by_key(|predicate| predicate.to_string());
        if !cases.iter().any(|other| text(other) == text(&case)) {
            cases.push(case);
        }
    }

    /// The attribute that says so.
    pub(super) fn attribute(&self) -> TokenStream {
        let Self::Any(cases) = self else { return TokenStream::new() };
        let cases = cases.iter().map(|case| match case.as_slice() {
            [single] => single.clone(),
            several => quote!(all(#(#several),*)),
        });
        let cases: Vec<_> = cases.collect();
        let predicate = match cases.as_slice() {
            [single] => single.clone(),
            several => quote!(any(#(#several),*)),
        };
        quote_spanned!(Span::mixed_site()=> #[cfg(#predicate)])
    }
}

/// The attributes that stand in front of a statement. syn keeps them with the first operand of an assignment, a
/// binary operation or a cast.
pub(super) fn leading_attrs(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    match expr {
        Expr::Assign(inner) => leading_attrs(&mut inner.left),
        Expr::Binary(inner) => leading_attrs(&mut inner.left),
        Expr::Cast(inner) => leading_attrs(&mut inner.expr),
        _ => attrs_mut(expr),
    }
}

/// The attributes of an expression; `None` for what syn does not interpret.
pub(super) fn attrs_mut(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! of_each {
        ($($variant:ident)*) => {
            match expr {
                $(Expr::$variant(inner) => Some(&mut inner.attrs),)*
                _ => None,
            }
        };
    }
    of_each! {
        Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group If Index
        Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try
        TryBlock Tuple Unary Unsafe While Yield
    }
}
