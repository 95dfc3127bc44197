//! The options of the macros that declare a module: `#[vimage::module(…)]` and its siblings, `virtualize! { …; }`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{LitStr, Path};

use super::syntax::{Given, OptionSet, OptionValue, expected, give, invalid, options};
use super::values::{Except, Flag, Krate, Macros, equals, list, path_value};
use crate::diagnostics as problem;

options! {
    /// The options of a module whose class is known.
    pub(crate) ModuleOptions {
        name => name: ModuleName,
        depends_on => depends_on: DependsOn,
        after => after: After,
        symmap => symmap: Flag,
        register => register: Manual,
        except => except: Except,
        macros => macros: Macros,
        crate => krate: Krate,
    }
}

/// The options of a module of any class.
#[derive(Default)]
pub(crate) struct AnyModuleOptions {
    pub(crate) class: Option<Given<ClassPath>>,
    pub(crate) others: ModuleOptions,
}

impl OptionSet for AnyModuleOptions {
    fn names() -> Vec<&'static str> {
        [vec!["class"], ModuleOptions::names()].concat()
    }

    fn read(&mut self, name: &Ident, input: ParseStream) -> Option<syn::Result<()>> {
        if name == "class" {
            return Some(give(&mut self.class, name, input));
        }
        self.others.read(name, input)
    }
}

pub(crate) struct ClassPath(pub(crate) Path);

impl OptionValue for ClassPath {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        path_value(input, "class = crate::Tenant").map(Self)
    }
}

pub(crate) struct ModuleName(pub(crate) LitStr);

impl OptionValue for ModuleName {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "name = \"…\"";
        equals(input, example)?;
        if !input.peek(LitStr) {
            return Err(invalid(example).at_span(input.span()));
        }
        non_empty(input).map(Self)
    }
}

fn non_empty(input: ParseStream) -> syn::Result<LitStr> {
    let name: LitStr = input.parse()?;
    if name.value().is_empty() { Err(problem::empty_name().at(name)) } else { Ok(name) }
}

/// One module that a module depends on.
pub(crate) enum Dependency {
    Name(LitStr),
    Path(Path),
}

pub(crate) struct DependsOn(pub(crate) Vec<Dependency>);

impl OptionValue for DependsOn {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        list(input, "depends_on = \"loif\"` or `depends_on = crate::loif", dependency).map(Self)
    }
}

fn dependency(input: ParseStream) -> syn::Result<Dependency> {
    if input.peek(LitStr) {
        return non_empty(input).map(Dependency::Name);
    }
    Path::parse_mod_style(input).map(Dependency::Path).map_err(|error| problem::dependency().at_span(error.span()))
}

/// The names of modules that this one comes after, if they are there.
pub(crate) struct After(pub(crate) Vec<LitStr>);

impl OptionValue for After {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        list(input, "after = \"loif\"", after).map(Self)
    }
}

fn after(input: ParseStream) -> syn::Result<LitStr> {
    if input.peek(LitStr) { non_empty(input) } else { Err(problem::after_takes_names().at_span(input.span())) }
}

/// The program registers the module itself.
pub(crate) struct Manual;

impl OptionValue for Manual {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "register = \"manual\"";
        equals(input, example)?;
        let value: LitStr = expected(input.parse(), example)?;
        if value.value() == "manual" { Ok(Self) } else { Err(invalid(example).at(value)) }
    }
}
