//! `docs/src/errors.md`: a section for each code, with an example that has this problem only, and one that has none. That the
//! second one compiles, and the first one does not, is a test of the runtime's documentation.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, Lit};

use super::expand;
use crate::attr::{self, AttrKind};
use crate::diagnostics::CODES;
use crate::driver;
use crate::model::Build;
use crate::parse::ModuleAttr;

const DOCUMENT: &str = include_str!("../../../docs/src/errors.md");

struct Section<'a> {
    code: &'a str,
    examples: Vec<String>,
}

fn sections() -> Vec<Section<'static>> {
    let section = |text: &'static str| {
        let (code, body) = text.split_once("`\n").expect("a section starts with its code");
        let blocks = body.split("```").skip(1).step_by(2);
        let lines =
            |block: &str| block.lines().skip(1).filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n");
        Section { code, examples: blocks.map(lines).collect() }
    };
    DOCUMENT.split("### `").skip(1).map(section).collect()
}

#[test]
fn each_code_is_documented() {
    let documented: Vec<_> = sections().iter().map(|section| section.code).collect();
    assert_eq!(documented, CODES);
}

#[test]
fn each_example_has_its_problem_and_each_fix_has_none() {
    for Section { code, examples } in sections() {
        let [mistake, fix] = &examples[..] else { panic!("`{code}` has two examples") };
        for build in [Build::Plain, Build::Instances] {
            let found = reported(build, mistake);
            let all = found.iter().all(|message| message.contains(&format!("[vimage::{code}]\nhelp: ")));
            assert!(!found.is_empty() && all, "`{code}`: {found:#?}");
            assert_eq!(reported(build, fix), [""; 0], "the fix of `{code}`");
        }
    }
}

#[test]
fn attributes_that_make_statics_are_asked_about_wherever_they_stand() {
    let code = |decision: &str| {
        format!(
            "#[vimage::module] mod foo {{
                {decision} #[cfg_attr(test, mockall::automock)] trait Clock {{ fn now() -> u64; }}
                {decision} #[mockall::automock] mod inner {{ pub fn f() {{}} }}
                struct S;
                {decision} #[automock] impl S {{ fn g(&self) {{}} }}
                impl S {{ {decision} #[cached(in_impl = true)] fn h(n: u64) -> u64 {{ n }} }}
                fn i() {{ {decision} #[memoize::memoize] fn j(n: u64) -> u64 {{ n }} }}
                #[instrument] fn makes_none() {{}}
            }}"
        )
    };
    for build in [Build::Plain, Build::Instances] {
        let found = reported(build, &code(""));
        let asked = found.iter().filter(|message| message.contains("[vimage::undecided_attribute]")).count();
        assert_eq!((asked, found.len()), (5, 5), "{found:#?}");
        assert_eq!(reported(build, &code("#[shared]")), [""; 0]);
        let found = reported(build, &code("#[shared(symmap)]"));
        let misplaced = found.iter().filter(|message| message.contains("[vimage::misplaced_option]")).count();
        assert_eq!((misplaced, found.len()), (5, 5), "{found:#?}");
    }
}

/// Places that variables were cut out of are marked by a number, which a user may write as well.
#[test]
fn a_number_that_is_no_item_stays_where_it_is() {
    for build in [Build::Plain, Build::Instances] {
        let variables = |mistake: &str| {
            let module = format!("mod foo {{ #[virtualized] static A: u8 = 1; {mistake} }}").parse().expect("tokens");
            let expansion = driver::module(build, ModuleAttr::Any, TokenStream::new(), module).to_string();
            expansion.matches("V_A").count()
        };
        for number in ["0", "0usize", "5", "; 0", "0 ; 0"] {
            assert_eq!(variables(number), variables("x"), "{number}");
        }
    }
}

fn reported(build: Build, code: &str) -> Vec<String> {
    let file: File = syn::parse_str(code).unwrap_or_else(|error| panic!("{code}\n{error}"));
    let mut found = Vec::new();
    items(build, file.items, &mut found);
    found
}

/// Expands what is ours, and collects what is reported.
fn items(build: Build, items: Vec<Item>, found: &mut Vec<String>) {
    for mut item in items {
        if let Item::Macro(call) = &item {
            let ours =
                call.mac.path.segments.last().is_some_and(|last| last.ident == "virtualize" || last.ident == "class");
            if ours {
                found.extend(strings(expand(build, item)));
            }
            continue;
        }
        let attrs = attr::of_item(&mut item).cloned().unwrap_or_default();
        let last = attrs.first().and_then(|attr| attr.path().segments.last()).map(|last| last.ident.clone());
        match last {
            Some(name) if name == "test" => {
                let args = attr::arguments(&attrs[0]).expect("arguments are in parentheses");
                attr::of_item(&mut item).expect("it has attributes").remove(0);
                found.extend(strings(driver::test(args, item.into_token_stream())));
            }
            Some(name) if AttrKind::named(&name).is_some() => found.extend(strings(expand(build, item))),
            _ => {
                if let Item::Mod(module) = item {
                    self::items(build, module.content.map(|(_, inside)| inside).unwrap_or_default(), found);
                }
            }
        }
    }
}

/// The messages, also of what is only reported if rustc does not.
fn strings(expansion: TokenStream) -> Vec<String> {
    let in_token = |token| match token {
        TokenTree::Group(group) => strings(group.stream()),
        TokenTree::Literal(literal) => match Lit::new(literal) {
            Lit::Str(text) if text.value().contains("[vimage::") => vec![text.value()],
            _ => Vec::new(),
        },
        TokenTree::Ident(_) | TokenTree::Punct(_) => Vec::new(),
    };
    expansion.into_iter().flat_map(in_token).collect()
}
