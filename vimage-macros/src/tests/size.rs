//! The number of tokens that a variable and a function become: rustc's time for a crate grows with it.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::driver;
use crate::model::Build;
use crate::parse::ModuleAttr;

fn count(tokens: TokenStream) -> usize {
    let of_tree = |tree| match tree {
        TokenTree::Group(group) => 2 + count(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => 1,
    };
    tokens.into_iter().map(of_tree).sum()
}

/// The tokens that are there with some items and not without them.
fn added(build: Build, items: &TokenStream) -> usize {
    let expanded = |items: &TokenStream| {
        let module = quote!(mod foo { #[virtualized] static FOO: AtomicU64 = AtomicU64::new(0); #items });
        count(driver::module(build, ModuleAttr::Any, TokenStream::new(), module))
    };
    expanded(items) - expanded(&TokenStream::new())
}

/// What grows here is to be worth it: `cargo xtask bless` takes it.
#[test]
fn tokens_per_item() {
    let variable = quote!(
        #[virtualized]
        static BAR: AtomicU64 = AtomicU64::new(0);
    );
    let one_use = quote!(
        fn f() {
            V_FOO.store(1, Relaxed);
        }
    );
    let two_uses = quote!(
        fn f() {
            V_FOO.store(V_BAR.load(Relaxed), Relaxed);
        }
    );
    let no_use = quote!(
        fn f() {
            g(1, 2);
        }
    );
    let lines =
        [("static", variable), ("one use", one_use), ("two uses", two_uses), ("no use", no_use)].map(|(name, item)| {
            let written = count(item.clone());
            let [default, instances] = [Build::Plain, Build::Instances].map(|build| added(build, &item));
            format!("{name}: {written} written, {default} in the default build, {instances} in the others")
        });
    insta::assert_snapshot!(lines.join("\n"));
}
