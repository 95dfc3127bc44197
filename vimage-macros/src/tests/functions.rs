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

/// The place of the vimage's attribute among those of a harness, and of the `#[test]` that is needed.
#[test]
fn a_harness_is_expanded_first() {
    let expanded = [
        // Behind the cases, in front of what runs an async function.
        quote!(
            #[rstest]
            #[case(1)]
            #[case::two(2)]
            #[tokio::test]
            async fn f(#[case] n: u8) {}
        ),
        quote!(
            #[test_case::test_case(1)]
            #[should_panic]
            fn f(n: u8) {}
        ),
        // Makes no test by itself.
        quote!(
            #[test_context(Context)]
            fn f(context: &Context) {}
        ),
        // Not known, but something gives the parameters.
        quote!(
            #[ignore]
            #[fixtures(pool)]
            #[inline]
            #[tokio::test]
            async fn f(pool: Pool) {}
        ),
        quote!(
            #[sqlx::test]
            async fn f(pool: Pool) {}
        ),
    ]
    .map(|function| test(quote!(share(Cpu), crate = runtime), function));
    insta::assert_snapshot!(expanded.join("\n"));
}

/// A lock around the test has to be around its vimage too.
#[test]
fn what_wraps_a_test_stays_outside() {
    let expanded = test(
        quote!(),
        quote!(
            #[serial]
            #[timeout(100)]
            #[traced_test]
            fn f() {}
        ),
    );
    let last = expanded.find("#[::core::prelude::v1::test]").unwrap();
    assert!(expanded.find("#[serial]").unwrap() < last && !expanded.contains("test_body"), "{expanded}");
    assert!(expanded.contains("__private::run::<"), "{expanded}");
}

#[test]
fn a_body_behind_a_harness_is_handed_over() {
    let body = |function| pretty(driver::test_body(quote!(), function));
    // A `#[test]` above has been expanded, and has read the other attribute.
    let outside = body(quote!(
        #[should_panic(expected = "no")]
        fn case_1() {
            f(fixture())
        }
    ));
    assert!(outside.contains("#[should_panic(expected = \"no\")]"), "{outside}");
    assert!(outside.contains("run_panicking(") && !outside.contains("v1::test"), "{outside}");
    let here = body(quote!(
        #[should_panic(expected = "no")]
        #[test]
        fn case_1() {
            f(fixture())
        }
    ));
    assert!(here.contains("run_should_panic(") && !here.contains("#[should_panic"), "{here}");
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
