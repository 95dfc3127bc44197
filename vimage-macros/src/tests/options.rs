//! The grammar of options, and the paths that come of `in`.

use quote::quote;
use syn::parse_quote;

use super::messages;
use crate::attr::options::{Dependency, ModuleOptions, Reader, runtime};
use crate::diagnostics::Diagnostics;
use crate::idents;
use crate::model::Declaration;

fn read(tokens: proc_macro2::TokenStream) -> (ModuleOptions, Vec<String>) {
    let diagnostics = Diagnostics::default();
    let options = Reader { of: "vnet_module", diagnostics: &diagnostics }.all(tokens).options;
    (options, messages(diagnostics.finish(quote!())))
}

fn parse(tokens: proc_macro2::TokenStream) -> ModuleOptions {
    let (options, found) = read(tokens);
    assert_eq!(found, [""; 0]);
    options
}

fn declared(tokens: proc_macro2::TokenStream) -> Declaration {
    Declaration::new(parse_quote!(Net), parse(tokens))
}

fn dependencies(tokens: proc_macro2::TokenStream) -> Vec<String> {
    let one = |dependency: &Dependency| match dependency {
        Dependency::Name(name) => format!("{:?}", name.value()),
        Dependency::Path(path) => quote!(#path).to_string().replace(' ', ""),
    };
    declared(tokens).depends_on.iter().map(one).collect()
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
    let tokens =
        quote!(name = "n", after = ["a", "b"], register = "manual", except(V_A, V_B), macros(m, a::b), crate = ::x);
    let options = parse(tokens.clone());
    assert_eq!(options.except.expect("it is given").value.0, ["V_A", "V_B"]);
    assert_eq!(options.macros.expect("it is given").value.0.len(), 2);
    assert_eq!(runtime(options.krate.as_ref()), parse_quote!(::x));
    let declaration = declared(tokens);
    assert_eq!(declaration.name.map(|name| name.value()).as_deref(), Some("n"));
    assert_eq!(declaration.after.len(), 2);
    assert!(declaration.manual);
}

#[test]
fn a_mistake_costs_its_own_option_only() {
    let (options, found) = read(quote!(name = 3 + 4, nmae = [1, 2], after = "a"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].contains("did you mean `name`?"), "{found:?}");
    assert_eq!(options.after.expect("it is given").value.0.len(), 1);
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
        let path = idents::above(&written, 2);
        assert_eq!(quote!(#path).to_string().replace(' ', ""), inside);
    }
}
