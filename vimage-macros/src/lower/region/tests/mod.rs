//! The rewriting, on code that is given as text.

mod coroutines;
mod reported;
mod table;
mod unchanged;
mod unread;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Ident, Path, parse_quote};

use super::{check, rewrite as rewrite_items};
use crate::diagnostics::Diagnostics;
use crate::parse::code::Context;

/// The items that some become, and what was reported about them.
fn rewrite(code: &str) -> (File, Vec<String>) {
    let krate: Path = parse_quote!(::vimage);
    let except: [Ident; 1] = [parse_quote!(V_MAX)];
    let raw: [Ident; 1] = [parse_quote!(V_RAW)];
    let macros: [Path; 2] = [parse_quote!(vouched), parse_quote!(some::other)];
    let diagnostics = Diagnostics::default();
    let cx = Context {
        krate: &krate,
        except: &except,
        raw: &raw,
        macros: &macros,
        redefined: &[],
        diagnostics: &diagnostics,
    };
    let before: File = syn::parse_str(code).expect("tests are written in Rust");
    let mut file = before.clone();
    check(&mut file.items, &cx);
    assert_eq!(file.to_token_stream().to_string(), before.to_token_stream().to_string(), "a check changes nothing");
    let checked = messages(&diagnostics);
    rewrite_items(&mut file.items, &cx);
    let messages = messages(&diagnostics);
    if messages.is_empty() {
        unread::assert_same(code, &file, &cx);
    } else {
        unread::assert_found(code, &cx);
    }
    assert_eq!(checked, messages, "the check reports the same");
    // What is put in as tokens is read as rustc would read it.
    (syn::parse2(file.into_token_stream()).expect("it is rewritten to Rust"), messages)
}

fn messages(diagnostics: &Diagnostics) -> Vec<String> {
    let mut messages = Vec::new();
    collect_strings(diagnostics.finish(TokenStream::new()), &mut messages);
    messages
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
