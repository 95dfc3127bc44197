//! What functions become, token for token.

use quote::quote;

use super::messages;
use crate::driver;

fn test(args: proc_macro2::TokenStream, input: proc_macro2::TokenStream) -> String {
    pretty(driver::test(args, input))
}

fn pretty(expansion: proc_macro2::TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("expansions are items"))
}

#[test]
fn a_test_hands_its_body_over() {
    let expanded = test(
        quote!(),
        quote! {
            /// Docs.
            fn adds() { assert_eq!(1 + 1, 2); }
        },
    );
    insta::assert_snapshot!(expanded);
}

#[test]
fn options_result_and_executor_are_kept() {
    let expanded = test(
        quote!(share(Cpu, crate::Tenant), args(7_u32, builder)),
        quote! {
            #[tokio::test(flavor = "multi_thread")]
            #[ignore]
            async fn parses() -> Result<(), Error> { work().await?; Ok(()) }
        },
    );
    insta::assert_snapshot!(expanded);
}

#[test]
fn should_panic_is_taken_over() {
    let expanded = test(
        quote!(crate = runtime),
        quote! {
            #[should_panic(expected = "no")]
            fn panics() { panic!("no") }
        },
    );
    insta::assert_snapshot!(expanded);
}

#[test]
fn main_hands_its_body_over() {
    let expanded = pretty(driver::main(
        quote!(),
        quote! {
            #[tokio::main]
            async fn main() -> impl Termination { serve().await }
        },
    ));
    insta::assert_snapshot!(expanded);
}

#[test]
fn all_mistakes_are_reported() {
    let expanded = driver::test(quote!(shared(Cpu), args), quote! { async fn nobody_polls_this() {} });
    assert_eq!(messages(expanded).len(), 3);
}
