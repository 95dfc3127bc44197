//! The rewriting, on code that is given as text.

mod coroutines;
mod reported;
mod table;
mod unchanged;

use proc_macro2::{TokenStream, TokenTree};
use syn::{File, Ident, Path, parse_quote};

use super::items;
use crate::diagnostics::Diagnostics;
use crate::parse::code::Context;

/// The items that some become, and what was reported about them.
fn rewrite(code: &str) -> (File, Vec<String>) {
    let krate: Path = parse_quote!(::vimage);
    let except: [Ident; 1] = [parse_quote!(V_MAX)];
    let raw: [Ident; 1] = [parse_quote!(V_RAW)];
    let macros: [Path; 2] = [parse_quote!(vouched), parse_quote!(some::other)];
    let diagnostics = Diagnostics::default();
    let mut file: File = syn::parse_str(code).expect("tests are written in Rust");
    items(
        &mut file.items,
        &Context {
            krate: &krate,
            except: &except,
            raw: &raw,
            macros: &macros,
            redefined: &[],
            diagnostics: &diagnostics,
        },
    );
    let mut messages = Vec::new();
    collect_strings(diagnostics.finish(quote::quote!()), &mut messages);
    (file, messages)
}

/// The messages in `compile_error!` items.
fn collect_strings(tokens: TokenStream, strings: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect_strings(group.stream(), strings),
            TokenTree::Literal(literal) => {
                let literal: syn::LitStr = syn::parse_str(&literal.to_string()).expect("a message is a string");
                strings.push(literal.value());
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// What code becomes of which nothing is wrong.
fn rewritten(code: &str) -> String {
    let (file, errors) = rewrite(code);
    assert!(errors.is_empty(), "{code}\n{errors:#?}");
    prettyplease::unparse(&file)
}

/// What is reported about the statements of a function.
fn reported(statements: &str) -> Vec<String> {
    rewrite(&format!("fn f() {{ {statements} }}")).1
}
