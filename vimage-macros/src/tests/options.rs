//! The grammar of options, and the paths that come of `in`.

use quote::quote;
use syn::parse_quote;

use super::messages;
use crate::args::{Dependency, Options, Syntax};
use crate::errors::Errors;
use crate::names;

fn parse(tokens: proc_macro2::TokenStream) -> Options {
    let errors = Errors::default();
    let options = Options::parse(tokens, Syntax::VNET, &errors);
    let found = errors.take().map(messages);
    assert_eq!(found, None);
    options
}

fn dependencies(tokens: proc_macro2::TokenStream) -> Vec<String> {
    let one = |dependency: &Dependency| match dependency {
        Dependency::Name(name) => format!("{:?}", name.value()),
        Dependency::Path(path) => quote!(#path).to_string().replace(' ', ""),
    };
    parse(tokens).depends_on.iter().map(one).collect()
}

#[test]
fn a_list_of_dependencies_can_be_written_in_several_ways() {
    assert_eq!(dependencies(quote!(depends_on = "a")), ["\"a\""]);
    assert_eq!(dependencies(quote!(depends_on = ::other::a,)), ["::other::a"]);
    let both = ["\"a\"", "crate::b"];
    assert_eq!(dependencies(quote!(depends_on = ["a", crate::b])), both);
    assert_eq!(dependencies(quote!(depends_on = ("a", crate::b,))), both);
    assert_eq!(dependencies(quote!(depends_on("a", crate::b))), both);
    assert_eq!(dependencies(quote!(depends_on = [])), [""; 0]);
}

#[test]
fn each_option_is_read() {
    let options = parse(quote!(
        name = "n",
        after = ["a", "b"],
        register = "manual",
        except(V_A, V_B),
        macros(m, a::b),
        crate = ::x
    ));
    assert_eq!(options.name.map(|name| name.value()).as_deref(), Some("n"));
    assert_eq!(options.after.len(), 2);
    assert!(options.manual);
    assert_eq!(options.except, ["V_A", "V_B"]);
    assert_eq!(options.macros.len(), 2);
    assert_eq!(options.krate, Some(parse_quote!(::x)));
}

#[test]
fn a_mistake_costs_its_own_option_only() {
    let errors = Errors::default();
    let options = Options::parse(quote!(name = 3 + 4, nmae = [1, 2], after = "a"), Syntax::VNET, &errors);
    let found = errors.take().map(messages).unwrap_or_default();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].contains("did you mean `name`?"), "{found:?}");
    assert_eq!(options.after.len(), 1);
}

#[test]
fn relative_paths_are_adjusted_to_the_depth() {
    let table: [(syn::Path, &str); 5] = [
        (parse_quote!(crate::foo), "crate::foo"),
        (parse_quote!(::other::foo), "::other::foo"),
        (parse_quote!(super::foo), "super::super::super::foo"),
        (parse_quote!(self::foo), "super::super::foo"),
        (parse_quote!(foo), "super::super::foo"),
    ];
    for (written, inside) in table {
        let path = names::above(&written, 2);
        assert_eq!(quote!(#path).to_string().replace(' ', ""), inside);
    }
}
