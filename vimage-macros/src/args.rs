//! The options of our attributes and macros: `name = "…", depends_on = [crate::loif, "ether"], register = "manual"`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Path, Token, parse_quote};

use crate::errors::Errors;
use crate::model::Sysctl;
use crate::names;

/// Who has which options, in the order in which messages list them.
#[derive(Clone, Copy)]
pub(crate) struct Syntax {
    /// What to call the bearer in a message.
    pub(crate) of: &'static str,
    pub(crate) options: &'static [&'static str],
}

const MODULE: &[&str] = &["name", "depends_on", "after", "symmap", "register", "except", "macros", "crate"];

const ANY_MODULE: &[&str] =
    &["class", "name", "depends_on", "after", "symmap", "register", "except", "macros", "crate"];

impl Syntax {
    pub(crate) const VNET: Self = Self { of: "vnet_module", options: MODULE };
    pub(crate) const VCPU: Self = Self { of: "vcpu_module", options: MODULE };
    pub(crate) const VPROCG: Self = Self { of: "vprocg_module", options: MODULE };
    pub(crate) const MODULE: Self = Self { of: "vimage::module", options: ANY_MODULE };
    pub(crate) const FILE: Self = Self { of: "virtualize!", options: ANY_MODULE };
    pub(crate) const VIRTUALIZED: Self =
        Self { of: "virtualized", options: &["in", "keep", "sysctl", "symmap", "except", "macros", "crate"] };
    pub(crate) const SHARED: Self = Self { of: "shared", options: &["in", "sysctl", "symmap", "crate"] };
    pub(crate) const ATTACH: Self = Self { of: "attach", options: &["in", "crate"] };
    pub(crate) const QUIESCE: Self = Self { of: "quiesce", options: &["in", "crate"] };
    pub(crate) const DETACH: Self = Self { of: "detach", options: &["in", "crate"] };
    pub(crate) const TEST: Self = Self { of: "test", options: &["share", "args", "crate"] };
    pub(crate) const MAIN: Self = Self { of: "main", options: &["crate"] };
    pub(crate) const CLASS: Self = Self { of: "class!", options: &["no_context", "crate"] };
}

/// One thing that a module depends on.
pub(crate) enum Dependency {
    Name(LitStr),
    Path(Path),
}

/// All options there are; the [`Syntax`] says which ones can be set.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) depends_on: Vec<Dependency>,
    pub(crate) after: Vec<LitStr>,
    pub(crate) manual: bool,
    pub(crate) class: Option<Path>,
    pub(crate) home: Option<Path>,
    pub(crate) keep: Option<Span>,
    pub(crate) sysctl: Option<Sysctl>,
    pub(crate) except: Vec<Ident>,
    pub(crate) macros: Vec<Path>,
    pub(crate) krate: Option<Path>,
    pub(crate) no_context_is_base: bool,
    pub(crate) share: Vec<Path>,
    pub(crate) args: Vec<Expr>,
    /// One of them could not be read.
    pub(crate) broken: bool,
    /// The names of the options that were written, for duplicates and for messages about unwanted ones.
    pub(crate) written: Vec<Ident>,
}

impl Options {
    /// The runtime's path.
    pub(crate) fn krate(&self) -> Path {
        self.krate.clone().unwrap_or_else(|| parse_quote!(::vimage))
    }

    /// The option `name` as the user wrote it.
    pub(crate) fn written(&self, name: &str) -> Option<&Ident> {
        self.written.iter().find(|written| *written == name)
    }

    /// All of `tokens`.
    pub(crate) fn parse(tokens: TokenStream, syntax: Syntax, errors: &Errors) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream| {
            if options.read(input, syntax, errors) {
                return Ok(());
            }
            let error = input.error("expected `,` between options");
            input.parse::<TokenStream>()?;
            Err(error)
        };
        errors.ok(parser.parse2(tokens));
        options
    }

    /// Options separated by `,`, up to the end or to a `;` that the caller reads. A mistake costs its own option
    /// only. `false` if something else follows, which is reported.
    pub(crate) fn read(&mut self, input: ParseStream, syntax: Syntax, errors: &Errors) -> bool {
        while !input.is_empty() && !input.peek(Token![;]) {
            if errors.ok(self.option(input, syntax)).is_none() {
                self.broken = true;
                skip_option(input);
            }
            if input.peek(Token![,]) {
                errors.ok(input.parse::<Token![,]>());
            } else if !input.is_empty() && !input.peek(Token![;]) {
                return false;
            }
        }
        true
    }

    fn option(&mut self, input: ParseStream, syntax: Syntax) -> syn::Result<()> {
        let name = input.call(Ident::parse_any).map_err(|error| {
            let message = format!("expected one of the options of `{}`: {}", syntax.of, listed(syntax));
            syn::Error::new(error.span(), message)
        })?;
        let text = name.to_string();
        if !syntax.options.contains(&text.as_str()) {
            return Err(unknown(&name, syntax));
        }
        if self.written(&text).is_some() {
            return Err(syn::Error::new(name.span(), format!("option `{text}` is written twice")));
        }
        self.written.push(name.clone());
        let stands_alone = input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]);
        self.value(&name, input).map_err(|error| {
            // What follows is not what is wrong.
            if stands_alone { syn::Error::new(name.span(), error) } else { error }
        })
    }

    fn value(&mut self, name: &Ident, input: ParseStream) -> syn::Result<()> {
        match name.to_string().as_str() {
            "name" => self.name = Some(module_name(input)?),
            "depends_on" => self.depends_on = list(input, "depends_on = \"loif\"` or `depends_on = crate::loif")?,
            "after" => {
                let names = list::<AfterName>(input, "after = \"loif\"")?;
                self.after = names.into_iter().map(|after| after.0).collect();
            }
            "register" => self.manual = register(input)?,
            "class" => self.class = Some(path_value(input, "class = crate::Tenant")?),
            "in" => self.home = Some(path_value(input, "in = crate::foo")?),
            "crate" => self.krate = Some(path_value(input, "crate = my_vimage")?),
            "sysctl" => self.sysctl = Some(sysctl(name, input)?),
            "symmap" if input.peek(Token![=]) || input.peek(syn::token::Paren) => {
                let message = "`symmap` takes no value: a symbol has the name of its variable";
                return Err(syn::Error::new(name.span(), message));
            }
            // What is written is all that it says.
            "symmap" => {}
            "keep" => self.keep = Some(name.span()),
            "except" => self.except = in_parentheses(input, "except(V_MAX)", accessor_name)?,
            "macros" => {
                self.macros = in_parentheses(input, "macros(my_macro)", |input| path(input, "macros(my_macro)"))?;
            }
            "no_context" => self.no_context_is_base = no_context(input)?,
            "share" => self.share = in_parentheses(input, "share(Cpu)", |input| path(input, "share(Cpu)"))?,
            "args" => self.args = in_parentheses(input, "args(7, \"text\")", Expr::parse)?,
            _ => unreachable!("the syntax lists only the options above"),
        }
        Ok(())
    }
}

impl Parse for Dependency {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return non_empty(input).map(Self::Name);
        }
        Path::parse_mod_style(input).map(Self::Path).map_err(|error| {
            let message = "expected the name of a module in quotes, or the path of the Rust module that declares it";
            syn::Error::new(error.span(), message)
        })
    }
}

struct AfterName(LitStr);

impl Parse for AfterName {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return non_empty(input).map(Self);
        }
        Err(input.error(
            "`after` takes names in quotes, because the module may be absent; for one that must be there write \
             `depends_on`",
        ))
    }
}

/// What an option has to look like, where it does not.
pub(crate) fn expected<T>(result: syn::Result<T>, example: &str) -> syn::Result<T> {
    result.map_err(|error| syn::Error::new(error.span(), format!("expected `{example}`")))
}

fn equals(input: ParseStream, example: &str) -> syn::Result<()> {
    expected(input.parse::<Token![=]>(), example).map(drop)
}

fn path(input: ParseStream, example: &str) -> syn::Result<Path> {
    expected(Path::parse_mod_style(input), example)
}

/// `= value`, `= [value, …]`, `= (value, …)` or `(value, …)`.
fn list<T: Parse>(input: ParseStream, example: &str) -> syn::Result<Vec<T>> {
    if !input.peek(syn::token::Paren) {
        equals(input, example)?;
    }
    let content;
    if input.peek(syn::token::Bracket) {
        syn::bracketed!(content in input);
    } else if input.peek(syn::token::Paren) {
        syn::parenthesized!(content in input);
    } else {
        return Ok(vec![input.parse()?]);
    }
    all_of(&content, T::parse)
}

fn in_parentheses<T>(input: ParseStream, example: &str, one: fn(ParseStream) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    if !input.peek(syn::token::Paren) {
        return Err(input.error(format!("expected `{example}`")));
    }
    let content;
    syn::parenthesized!(content in input);
    all_of(&content, one)
}

fn all_of<T>(content: ParseStream, one: fn(ParseStream) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let result = Punctuated::<T, Token![,]>::parse_terminated_with(content, one);
    if result.is_err() {
        // What stays unread in a group is a second error at the same place.
        content.parse::<TokenStream>()?;
    }
    Ok(result?.into_iter().collect())
}

fn sysctl(name: &Ident, input: ParseStream) -> syn::Result<Sysctl> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(
            name.span(),
            "expected a name and how it can be used: `sysctl(\"net.foo.mode\", rw)`",
        ));
    }
    let content;
    syn::parenthesized!(content in input);
    let result = content.call(Sysctl::parse);
    if result.is_err() {
        // What stays unread in a group is a second error at the same place.
        content.parse::<TokenStream>()?;
    }
    result
}

fn path_value(input: ParseStream, example: &str) -> syn::Result<Path> {
    equals(input, example)?;
    path(input, example)
}

fn module_name(input: ParseStream) -> syn::Result<LitStr> {
    let example = "name = \"…\"";
    equals(input, example)?;
    if !input.peek(LitStr) {
        return Err(input.error(format!("expected `{example}`")));
    }
    non_empty(input)
}

fn non_empty(input: ParseStream) -> syn::Result<LitStr> {
    let name: LitStr = input.parse()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "the name of a module cannot be empty"));
    }
    Ok(name)
}

fn register(input: ParseStream) -> syn::Result<bool> {
    let example = "register = \"manual\"";
    equals(input, example)?;
    let value: LitStr = expected(input.parse(), example)?;
    if value.value() == "manual" {
        return Ok(true);
    }
    let message = format!("expected `{example}`; without this option the module is registered at boot");
    Err(syn::Error::new(value.span(), message))
}

fn no_context(input: ParseStream) -> syn::Result<bool> {
    let example = "no_context = base` or `no_context = panic";
    equals(input, example)?;
    let value = expected(input.call(Ident::parse_any), example)?;
    match value.to_string().as_str() {
        "base" => Ok(true),
        "panic" => Ok(false),
        _ => Err(syn::Error::new(value.span(), format!("expected `{example}`"))),
    }
}

fn accessor_name(input: ParseStream) -> syn::Result<Ident> {
    let name: Ident = expected(input.parse(), "except(V_MAX)")?;
    if name.to_string().starts_with(names::ACCESSOR) {
        return Ok(name);
    }
    let message = "`except(…)` lists constants of yours that start with `V_`; others are left alone anyway";
    Err(syn::Error::new(name.span(), message))
}

fn unknown(name: &Ident, syntax: Syntax) -> syn::Error {
    let text = name.to_string();
    let closest = syntax
        .options
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&text, known), known))
        .filter(|(distance, known)| *distance <= known.len().max(text.len()) / 2)
        .min();
    let hint = closest.map_or_else(String::new, |(_, known)| format!(" did you mean `{known}`?"));
    let message = format!("unknown option `{text}`;{hint} the options of `{}` are {}", syntax.of, listed(syntax));
    syn::Error::new(name.span(), message)
}

fn listed(syntax: Syntax) -> String {
    syntax.options.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
}

/// Up to the comma or semicolon that ends a broken option.
fn skip_option(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}
