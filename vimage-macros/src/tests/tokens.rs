//! How many tokens the macros generate: rustc reads, resolves and checks all of them.
//!
//! More than 2 % above the numbers here is an error. What the runtime's `macro_rules!` make of the tokens is not counted:
//! `cargo xtask compile-time tokens` counts that.

use proc_macro2::{TokenStream, TokenTree};

use super::expand;
use crate::model::Build;

/// What a static and a function add to the expansion of a module. The function has 27 tokens before it is expanded.
const PER_STATIC: [(Build, &str, usize); 2] = [(Build::Plain, "default", 38), (Build::Instances, "instances", 26)];
const PER_FUNCTION: [(Build, &str, usize); 2] = [(Build::Plain, "default", 27), (Build::Instances, "instances", 119)];

/// The tokens of a module with so many statics and functions.
fn tokens(build: Build, statics: usize, functions: usize) -> usize {
    let statics: String = (0..statics)
        .map(|index| format!("#[virtualized] static X{index}: AtomicU64 = AtomicU64::new({index});\n"))
        .collect();
    let functions: String = (0..functions)
        .map(|index| format!("fn f{index}(by: u64) -> u64 {{ let sum = V_X0.load(Relaxed) + by; sum * 2 }}\n"))
        .collect();
    let module = format!("#[module] mod counted {{ {statics} {functions} }}");
    count(expand(build, syn::parse_str(&module).expect("it is a module")))
}

fn count(tokens: TokenStream) -> usize {
    let of_tree = |tree| match tree {
        TokenTree::Group(group) => 2 + count(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => 1,
    };
    tokens.into_iter().map(of_tree).sum()
}

fn has_grown(before: usize, now: usize) -> bool {
    now * 50 > before * 51
}

#[test]
fn a_static_and_a_function_generate_no_more_tokens_than_before() {
    let mut complaints = Vec::new();
    let mut compare = |what: &str, build: &str, expected: usize, few: usize, more: usize| {
        let now = (more - few) / 10;
        if has_grown(expected, now) {
            complaints.push(format!("{what}, {build}: {expected} tokens before, {now} now"));
        }
    };
    for (build, name, expected) in PER_STATIC {
        compare("a static", name, expected, tokens(build, 10, 10), tokens(build, 20, 10));
    }
    for (build, name, expected) in PER_FUNCTION {
        compare("a function", name, expected, tokens(build, 10, 10), tokens(build, 10, 20));
    }
    assert!(complaints.is_empty(), "{}\nhelp: generate less, or write the new numbers here", complaints.join("\n"));
}

#[test]
fn two_percent_are_the_limit() {
    assert!(!has_grown(100, 90) && !has_grown(100, 102) && has_grown(100, 103));
}
