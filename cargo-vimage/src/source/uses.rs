//! Finds statics that are only ever filled with a value that depends on no caller: each use of the static in its crate
//! is `NAME.get_or_init(…)` with something that captures nothing, or `NAME.get()`.

use std::collections::{HashMap, HashSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};

/// How a crate uses the statics of each name. Statics of one name are not told apart.
#[derive(Debug, Default)]
pub(crate) struct Uses(HashMap<String, Count>);

#[derive(Debug, Default)]
struct Count {
    /// All places of the text, also in macros.
    all: usize,
    filled: usize,
    read: usize,
    /// The names in what fills it that other statics may have.
    reads: Vec<String>,
}

impl Uses {
    /// Whether each use fills the static in the same way, or reads it.
    pub(crate) fn is_filled_alike(&self, name: &str) -> bool {
        // One of the places is the declaration.
        self.0.get(name).is_some_and(|count| count.filled > 0 && count.all == count.filled + count.read + 1)
    }

    /// The names that what fills the static reads, and that other statics may have.
    pub(super) fn reads(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], |count| &count.reads)
    }

    /// Adds the uses in a file.
    pub(super) fn add(&mut self, file: &syn::File) {
        self.count(file.to_token_stream());
        visit::visit_file(&mut Visitor { uses: self, bound: Vec::new() }, file);
    }

    fn count(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.count(group.stream()),
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    if word.starts_with(|first: char| first.is_uppercase() || first == '_') {
                        self.0.entry(word).or_default().all += 1;
                    }
                }
                _ => {}
            }
        }
    }
}

struct Visitor<'a> {
    uses: &'a mut Uses,
    /// The names that the patterns of the functions around bind, once for each pattern.
    bound: Vec<String>,
}

impl Visitor<'_> {
    fn within(&mut self, names: Vec<String>, visit: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        self.bound.extend(names);
        visit(self);
        self.bound.truncate(outside);
    }

    /// Whether an expression is a function, or a closure that uses nothing of the function around it.
    fn captures_nothing(&self, expression: &syn::Expr) -> bool {
        let is_bound = |name: &str| name == "self" || self.bound.iter().any(|bound| bound == name);
        match expression {
            syn::Expr::Path(path) => path.path.get_ident().is_none_or(|name| !is_bound(&name.to_string())),
            // A name that both of them bind counts as captured.
            syn::Expr::Closure(closure) => {
                let own = names_in(|names| names.visit_expr_closure(closure));
                let outside: HashSet<&String> = without(&self.bound, &own).collect();
                !words(closure.to_token_stream()).iter().any(|word| word == "self" || outside.contains(word))
            }
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let names = names_in(|names| names.visit_item_fn(item));
        self.within(names, |inside| visit::visit_item_fn(inside, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let names = names_in(|names| names.visit_impl_item_fn(item));
        self.within(names, |inside| visit::visit_impl_item_fn(inside, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let names = names_in(|names| names.visit_trait_item_fn(item));
        self.within(names, |inside| visit::visit_trait_item_fn(inside, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if let syn::Expr::Path(receiver) = &*call.receiver
            && let Some(name) = receiver.path.segments.last()
        {
            let is_fill = call.method == "get_or_init" && call.args.iter().all(|of| self.captures_nothing(of));
            let is_read = call.method == "get" && call.args.is_empty();
            let count = self.uses.0.entry(name.ident.to_string()).or_default();
            count.filled += usize::from(is_fill);
            if is_fill {
                count.reads.extend(names(call.args.to_token_stream()));
            }
            count.read += usize::from(is_read);
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// The names that patterns bind, once for each pattern.
fn names_in(visit: impl FnOnce(&mut Names)) -> Vec<String> {
    let mut names = Names(Vec::new());
    visit(&mut names);
    names.0
}

struct Names(Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.push(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
}

/// The names of `all` that remain if each of `some` is taken away once.
fn without<'n>(all: &'n [String], some: &'n [String]) -> impl Iterator<Item = &'n String> {
    let count = |names: &[String], name: &String| names.iter().filter(|other| *other == name).count();
    all.iter().filter(move |name| count(all, name) > count(some, name))
}

fn words(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => all.extend(words(group.stream())),
            TokenTree::Ident(word) => all.push(word.to_string()),
            TokenTree::Literal(text) => all.extend(captured_by_format(&text.to_string())),
            TokenTree::Punct(_) => {}
        }
    }
    all
}

/// The names in the braces of a text, such as `name` of `"{name:?}"`.
fn captured_by_format(text: &str) -> Vec<String> {
    let braces = text.split('{').skip(1);
    let names = braces.map(|rest| rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect());
    names.filter(|name: &String| !name.is_empty()).collect()
}

/// The words in capitals among the tokens, at any depth.
pub(super) fn names(tokens: TokenStream) -> Vec<String> {
    let is_name = |name: &String| name.chars().all(|char| char.is_uppercase() || char.is_ascii_digit() || char == '_');
    let mut names = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => names.extend(Some(word.to_string()).filter(is_name)),
            TokenTree::Group(group) => names.extend(self::names(group.stream())),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled_alike(text: &str) -> bool {
        let mut uses = Uses::default();
        uses.add(&syn::parse_file(text).unwrap());
        uses.is_filled_alike("X")
    }

    #[test]
    fn a_value_that_depends_on_no_caller() {
        for body in [
            "fn f() -> &'static R { static X: OnceLock<R> = OnceLock::new(); X.get_or_init(|| R::new(\"a\").unwrap()) }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(a: u8) { X.get_or_init(make); } fn g() { X.get(); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(a: u8) { m::X.get_or_init(|| { let b = 1; b }); }",
        ] {
            assert!(filled_alike(body), "{body}");
        }
    }

    #[test]
    fn a_value_that_may_depend_on_a_caller() {
        for body in [
            "static X: OnceLock<R> = OnceLock::new(); fn f(a: u8) { X.get_or_init(|| a); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(&self) { X.get_or_init(|| self.a); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(a: u8) { X.get_or_init(|| format!(\"{a}\")); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(a: u8) { X.get_or_init(|| { let a = a; a }); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f(make: fn() -> R) { X.get_or_init(make); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f() { X.get_or_init(r); X.set(R).unwrap(); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f() { X.get_or_init(r); give(&X); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f() { X.get_or_init(r); println!(\"\", X.set(1)); }",
            "static X: OnceLock<R> = OnceLock::new(); fn f() { X.get(); }",
        ] {
            assert!(!filled_alike(body), "{body}");
        }
    }
}
