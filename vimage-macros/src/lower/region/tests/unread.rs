//! Bodies that are not parsed become what they become if they are.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, File, ImplItem, Item, TraitItem};

use super::{messages, rewrite_items, rewritten};
use crate::diagnostics::Diagnostics;
use crate::parse::code::Context;
use crate::parse::code::unread::{self, Unread};
use crate::parse::{Bodies, Reading};

/// Rewrites code of which bodies are not parsed, and compares it with what it becomes otherwise.
#[track_caller]
pub(super) fn assert_same(code: &str, expected: &File, cx: &Context) {
    let diagnostics = Diagnostics::default();
    let (tokens, bodies) = Bodies::cut(code.parse().expect("tests are written in Rust"), Reading::Needed);
    let mut file: File = syn::parse2(tokens).expect("bodies are left out, and nothing else");
    bodies.put_back(&mut file.items, &diagnostics);
    rewrite_items(&mut file.items, &Context { diagnostics: &diagnostics, ..*cx });
    assert_eq!(messages(&diagnostics), [""; 0], "{code}");
    Printed.visit_file_mut(&mut file);
    // But for the spaces between tokens.
    let [found, expected] = [&file, expected].map(|file| file.to_token_stream().to_string().replace(' ', ""));
    assert_eq!(found, expected, "{code}");
}

/// Mistakes are found in code of which bodies are not parsed; then all are parsed.
#[track_caller]
pub(super) fn assert_found(code: &str, cx: &Context) {
    let diagnostics = Diagnostics::default();
    let (tokens, bodies) = Bodies::cut(code.parse().expect("tests are written in Rust"), Reading::Needed);
    let mut file: File = syn::parse2(tokens).expect("bodies are left out, and nothing else");
    bodies.put_back(&mut file.items, &diagnostics);
    super::check(&mut file.items, &Context { diagnostics: &diagnostics, ..*cx });
    assert_ne!(messages(&diagnostics), [""; 0], "{code}");
}

/// Does what the expansion does in the end.
struct Printed;

impl VisitMut for Printed {
    fn visit_item_mut(&mut self, item: &mut Item) {
        visit_mut::visit_item_mut(self, item);
        unread::print(item);
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        unread::print_method(item);
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        unread::print_default(item);
    }
}

/// The body as it was read: `None` if it was parsed.
fn read(body: &str) -> Option<Unread> {
    let code: TokenStream =
        format!("#[virtualized] static NAME: u8 = 1; fn f() {{ {body} }}").parse().expect("it is Rust");
    let (tokens, bodies) = Bodies::cut(code, Reading::Needed);
    let mut file: File = syn::parse2(tokens).ok()?;
    let diagnostics = Diagnostics::default();
    bodies.put_back(&mut file.items, &diagnostics);
    assert!(diagnostics.is_empty());
    let Some(syn::Item::Fn(function)) = file.items.pop() else { panic!("the function is last") };
    let mut block: Block = *function.block;
    Unread::take(&mut block)
}

#[test]
fn bodies_without_variables_stay_tokens() {
    for body in [
        "7",
        "let x = async { y.await }; x",
        "unsafe { g(|| 1) } println!(\"{}\", 1); foo! { a b c }",
        "const X: u8 = { 1 }; fn inner() { X }",
        "if x { return; } match y { A | B => 1, _ => 2 }",
    ] {
        assert!(matches!(read(body), Some(Unread::Untouched(_))), "{body}");
    }
}

#[test]
fn bodies_with_what_is_looked_for_are_parsed() {
    for body in [
        "NAME.load()",
        "let NAME = 1;",
        "static X: u8 = 1;",
        "use a::b;",
        "#[cfg(x)] f();",
        "mod m {}",
        "thread_local! {}",
        "macro_rules! m { () => {} }",
        "println!(\"{NAME}\")",
    ] {
        assert!(read(body).is_none(), "{body}");
    }
}

#[test]
fn plain_uses_are_found_among_tokens() {
    for body in [
        "V_A.load()",
        "V_A.load();",
        "let x = V_A.load() + 1; x",
        "if V_A.load() > 1 || V_B.is_set() { V_A.store(1); } else if x { return; } V_A.get()",
        "if let S { a } = V_A.get() && b { a } else { 1 }",
        "for S { a } in V_A.iter() { V_B.push(a); } V_B.len()",
        "'outer: while let Some(x) = V_A.pop() { if x { break 'outer; } }",
        "match V_A.get() { A | B => V_B.get(), C if V_C.get() => 1, S { x } => 2 }.f()",
        "match x { 1 => {} _ => {} } *V_A.lock() += 1; &V_A.lock()[0..V_B.len()]",
        "f(V_A.load(), |x| x + 1); V_B.set(y.map_err(|_| E)?); g(S { a: V_B.get() })",
        "let Some(x) = V_A.get() else { return V_B.get() }; !V_A.f() && x",
        "V_A.write().unwrap().n = -V_B.n; loop { V_A.f() }",
        "println!(\"x\"); let y = vec![1; 2]; return !(V_A.load() > 1);",
    ] {
        assert!(matches!(read(body), Some(Unread::Uses { .. })), "{body}");
        rewritten(&format!("fn f() {{ {body} }} impl S {{ pub fn f(&mut self) -> u8 {{ {body} }} }}"));
        rewritten(&format!("pub unsafe fn f() -> u8 {{ {body} }} async fn g() {{ {body} }}"));
        rewritten(&format!("pub fn f() -> impl T {{ {body} }} trait T {{ fn g() -> u8 {{ {body} }} }}"));
    }
}

/// Such as `RECV_QUEUE`: they are no uses, and the body is printed as it is.
#[test]
fn names_that_only_contain_the_start_of_a_variable_are_left_alone() {
    for body in ["RECV_LEN", "RECV_QUEUE.len()", "(ENV_A + 1) * 2", "{ ENV_A }.len()", "f(); ENV_A", "ENV_A.f();"] {
        assert!(matches!(read(body), Some(Unread::Uses { .. })), "{body}");
        rewritten(&format!("fn f() -> u8 {{ {body} }} impl S {{ pub fn f(&mut self) -> u8 {{ {body} }} }}"));
    }
}

#[test]
fn other_uses_are_parsed_to_be_rewritten() {
    for body in [
        // Closures.
        "f(|| V_A.load())",
        "f(|a, b| V_A.load())",
        "f(|a| g::<A, B>(V_A.load()))",
        "f(move |x: HashMap<A, B>| { V_A.load() })",
        "let g = |x| x + V_A.load(); g(1)",
        "loop { break 'a || V_A.load(); }",
        "let x = a | |b| V_A.load();",
        "f(|| V_A.load().write())",
        // Macros.
        "println!(\"{}\", V_A.load())",
        "assert_eq!(V_A.load(), V_B.get(|x| x), \"{}\", n = V_A.load());",
        "if x { return Err(format!(\"{x}: {}\", V_A.load())); } y",
        "vec![V_A.load(), 1]",
        "foo! { a } V_A.load()",
        // Paths, and methods of the accessor.
        "a::V_A.load()",
        "V_A.with_current(f)",
        "V_A.of(&red).load()",
        "unsafe { V_A.load() }",
        // What may take its type from around it, or whose start cannot be told.
        "V_A.f(); |x| x",
        "V_A.f(); move |x| x",
        "V_A.f(); (|x| x)",
        "V_A.f(); { |x| x }",
        "for x in if a { b } else { c } {} V_A.f()",
        "if let A { x } | B { x } = V_A.f() {}",
        // Half a line.
        "V_A.load().",
        "if V_A.load()",
        "{ let x = V_A.load() + }",
        "let x = V_A.load()",
    ] {
        assert!(matches!(read(body), Some(Unread::Checked(_))), "{body}");
        if syn::parse_str::<Block>(&format!("{{ {body} }}")).is_ok() {
            rewritten(&format!("fn f() {{ {body} }} async fn g() -> u8 {{ {body} }}"));
        }
    }
    assert!(matches!(read("f(async { V_A.load().await })"), Some(Unread::Checked(_))));
    rewritten("async fn f() { g(V_A.load()).await; V_A.load() }");
}

#[test]
fn what_may_be_a_mistake_is_parsed() {
    for body in [
        // Macros, and strings that may be formats.
        "unknown!(V_A.load())",
        "a::println!(\"{}\", V_A.load())",
        "println!(\"{V_A}\"); V_B.load()",
        "println!(\"{:0V_A$}\", 1); V_B.load()",
        "println!(V_A.load() => 1)",
        "println!(\"{}\", V_A)",
        "return m!(V_A.load());",
        // Constants and patterns.
        "[0; V_A.len()]",
        "g::<{ V_A.len() }>()",
        "g::<1, { V_A.len() }>()",
        "const { V_A.len() }",
        "match x { V_A => 1 }",
        "let V_A = 1;",
        "if let V_A..=9 = x {}",
        // Places that are more than a receiver.
        "V_A",
        "f(&V_A)",
        "V_A += 1;",
        "V_A.0",
        "S { V_A }",
        "V_A()",
        "x.V_A.load()",
    ] {
        assert!(read(body).is_none(), "{body}");
    }
}

/// All files of the workspace that mention a variable.
#[test]
fn code_of_the_workspace_becomes_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut functions = 0;
    for folder in ["examples", "tests", "vimage-runtime/tests", "benches/src"] {
        let Ok(files) = fs::read_dir(root.join(folder)) else { return };
        let mut todo: Vec<_> = files.flatten().map(|entry| entry.path()).collect();
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(fs::read_dir(&path).expect("it is there").flatten().map(|entry| entry.path()));
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            if path.extension().is_some_and(|end| end == "rs") && text.contains("V_") && syn::parse_file(&text).is_ok()
            {
                super::rewrite(&text);
                functions += text.matches("fn ").count();
            }
        }
    }
    assert!(functions > 100, "{functions}");
}
