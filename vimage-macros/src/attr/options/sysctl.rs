//! The option `sysctl("net.foo.mode", rw, range = 0..=3, …)`: how tools name a variable.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitBool, LitStr, Path, Token, token};

use super::syntax::{Given, OptionSet, OptionValue, expected, options, unknown};
use super::values::{Flag, drained, equals, path_value};
use crate::diagnostics as problem;

/// How tools name a variable, and what they may do with it.
#[derive(Clone)]
pub(crate) struct Sysctl {
    pub(crate) name: LitStr,
    pub(crate) access: Given<Access>,
    pub(crate) tunable: Option<Ident>,
    pub(crate) base_only: Option<Given<bool>>,
    pub(crate) range: Option<Given<Expr>>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) handler: Option<Path>,
}

/// Whether a sysctl can be set at any time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// `ro`
    ReadOnly,
    /// `rw`
    ReadWrite,
}

impl Sysctl {
    /// Whether it can be set at any time.
    pub(crate) fn is_settable(&self) -> bool {
        self.access.value == Access::ReadWrite
    }

    /// Whether tools write the variable at all.
    pub(crate) fn is_written(&self) -> bool {
        self.is_settable() || self.tunable.is_some()
    }
}

options! {
    /// What follows the name.
    SysctlOptions {
        ro => read_only: Flag,
        rw => read_write: Flag,
        tunable => tunable: Flag,
        base_only => base_only: BaseOnly,
        range => range: Range,
        unit => unit: Unit,
        handler => handler: Handler,
    }
}

impl OptionValue for Sysctl {
    fn parse(name: &Ident, input: ParseStream) -> syn::Result<Self> {
        if !input.peek(token::Paren) {
            return Err(problem::sysctl_form().at(name));
        }
        let content;
        syn::parenthesized!(content in input);
        drained(&content, sysctl)
    }
}

fn sysctl(input: ParseStream) -> syn::Result<Sysctl> {
    let name: LitStr = input.parse().map_err(|error| problem::sysctl_form().at_span(error.span()))?;
    let mut options = SysctlOptions::default();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let option = input.call(Ident::parse_any)?;
        options.read(&option, input).unwrap_or_else(|| Err(unknown::<SysctlOptions>("sysctl", &option)))?;
    }
    let access = match (options.read_only, options.read_write) {
        (Some(_), Some(given)) => return Err(problem::conflicting_access().at(given.name)),
        (Some(given), None) => Given { name: given.name, value: Access::ReadOnly },
        (None, Some(given)) => Given { name: given.name, value: Access::ReadWrite },
        (None, None) => return Err(problem::missing_access().at(name)),
    };
    Ok(Sysctl {
        name,
        access,
        tunable: options.tunable.map(|given| given.name),
        base_only: options.base_only.map(|given| Given { name: given.name, value: given.value.0 }),
        range: options.range.map(|given| Given { name: given.name, value: given.value.0 }),
        unit: options.unit.map(|given| given.value.0),
        handler: options.handler.map(|given| given.value.0),
    })
}

/// Whether only the base instance may be set.
struct BaseOnly(bool);

impl OptionValue for BaseOnly {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        if !input.peek(Token![=]) {
            return Ok(Self(true));
        }
        let example = "base_only = true";
        equals(input, example)?;
        expected(LitBool::parse(input), example).map(|literal| Self(literal.value))
    }
}

/// The values that may be set.
struct Range(Expr);

impl OptionValue for Range {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "range = 0..=3";
        equals(input, example)?;
        expected(Expr::parse(input), example).map(Self)
    }
}

/// The unit of the values, for people.
struct Unit(LitStr);

impl OptionValue for Unit {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "unit = \"ms\"";
        equals(input, example)?;
        expected(input.parse(), example).map(Self)
    }
}

/// The function that reads and sets the value in the place of the variable.
struct Handler(Path);

impl OptionValue for Handler {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        path_value(input, "handler = path::to::function").map(Self)
    }
}
