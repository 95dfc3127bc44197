//! `sysctl("net.foo.mode", rw, range = 0..=3, …)`: how tools name a variable.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, LitBool, LitStr, Meta, Path, Token};

use crate::args::expected;
use crate::model::Sysctl;

const OPTIONS: &str = "`ro`, `rw`, `tunable`, `base_only`, `range`, `unit`, `handler`";

impl Parse for Sysctl {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let name: LitStr = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "expected the name of the sysctl in quotes: `sysctl(\"net.foo.mode\", rw)`")
        })?;
        let mut sysctl =
            Self { name, access: None, tunable: None, base_only: None, range: None, unit: None, handler: None };
        let mut written: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option = input.call(Ident::parse_any)?;
            if written.contains(&option) {
                return Err(syn::Error::new(option.span(), format!("option `{option}` is written twice")));
            }
            let stands_alone = input.is_empty() || input.peek(Token![,]);
            sysctl.option(&option, input).map_err(|error| {
                // What follows is not what is wrong.
                if stands_alone { syn::Error::new(option.span(), error) } else { error }
            })?;
            written.push(option);
        }
        Ok(sysctl)
    }
}

impl Sysctl {
    fn option(&mut self, option: &Ident, input: ParseStream) -> syn::Result<()> {
        match option.to_string().as_str() {
            "ro" | "rw" if self.access.is_some() => {
                return Err(syn::Error::new(option.span(), "`ro` and `rw` exclude each other"));
            }
            "ro" | "rw" => self.access = Some(option.clone()),
            "tunable" => self.tunable = Some(option.clone()),
            "base_only" => self.base_only = Some((option.clone(), optional_bool(input)?)),
            "range" => self.range = Some((option.clone(), value(input, "range = 0..=3", Expr::parse)?)),
            "unit" => self.unit = Some(value(input, "unit = \"ms\"", <LitStr as Parse>::parse)?),
            "handler" => {
                self.handler = Some(value(input, "handler = path::to::function", Path::parse_mod_style)?);
            }
            _ => {
                let message = format!("unknown option `{option}`; the options of `sysctl` are {OPTIONS}");
                return Err(syn::Error::new(option.span(), message));
            }
        }
        Ok(())
    }
}

fn value<T>(input: ParseStream, example: &str, parse: fn(ParseStream) -> syn::Result<T>) -> syn::Result<T> {
    expected(input.parse::<Token![=]>(), example)?;
    expected(parse(input), example)
}

fn optional_bool(input: ParseStream) -> syn::Result<bool> {
    if !input.peek(Token![=]) {
        return Ok(true);
    }
    value(input, "base_only = true", LitBool::parse).map(|literal| literal.value)
}

/// The lines of the doc comment.
pub(super) fn docs(attrs: &[Attribute]) -> Vec<Expr> {
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(doc.value.clone()),
        _ => None,
    };
    attrs.iter().filter_map(line).collect()
}
