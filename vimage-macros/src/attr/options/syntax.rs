//! How options are written: `name = "…", depends_on = [crate::loif, "ether"], symmap`.

use proc_macro2::{Ident, TokenStream};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};

use super::closest::closest;
use crate::diagnostics::{self as problem, Diagnostics};

/// The options of one attribute or macro, all of which may be absent.
pub(crate) trait OptionSet: Default {
    /// The names of all, in the order in which messages list them.
    fn names() -> Vec<&'static str>;

    /// Reads the value of the option `name`; `None` if there is none of this name.
    fn read(&mut self, name: &Ident, input: ParseStream) -> Option<syn::Result<()>>;
}

/// An option that is given.
#[derive(Clone)]
pub(crate) struct Given<T> {
    /// Its name as the user wrote it, for messages.
    pub(crate) name: Ident,
    pub(crate) value: T,
}

/// The value of an option.
pub(super) trait OptionValue: Sized {
    /// Reads what follows the name.
    fn parse(name: &Ident, input: ParseStream) -> syn::Result<Self>;
}

/// Declares the options of one attribute or macro.
macro_rules! options {
    ($(#[$doc:meta])* $vis:vis $set:ident { $($(#[$option_doc:meta])* $option:tt => $field:ident: $value:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default)]
        $vis struct $set {
            $($(#[$option_doc])* $vis $field: Option<crate::attr::options::syntax::Given<$value>>,)*
        }

        impl crate::attr::options::syntax::OptionSet for $set {
            fn names() -> Vec<&'static str> {
                vec![$(stringify!($option)),*]
            }

            fn read(&mut self, name: &proc_macro2::Ident, input: syn::parse::ParseStream) -> Option<syn::Result<()>> {
                $(
                    if name == stringify!($option) {
                        return Some(crate::attr::options::syntax::give(&mut self.$field, name, input));
                    }
                )*
                None
            }
        }
    };
}

pub(super) use options;

/// Reads the value of one option.
pub(super) fn give<T: OptionValue>(field: &mut Option<Given<T>>, name: &Ident, input: ParseStream) -> syn::Result<()> {
    if field.is_some() {
        return Err(problem::duplicate_option(name).at(name));
    }
    let stands_alone = input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]);
    let value = T::parse(name, input).map_err(|error| {
        // The mistake is not in the tokens that follow.
        if stands_alone { syn::Error::new(name.span(), error) } else { error }
    })?;
    *field = Some(Given { name: name.clone(), value });
    Ok(())
}

/// Reads the options of one attribute or macro.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The name of the attribute or macro in messages.
    pub(crate) of: &'static str,
    pub(crate) diagnostics: &'a Diagnostics,
}

/// Options that were read, as far as they could be.
#[derive(Default)]
pub(crate) struct Read<O> {
    pub(crate) options: O,
    /// One of them could not be read: an option that is absent may only be misspelled.
    pub(crate) broken: bool,
}

impl Reader<'_> {
    /// All of `tokens`.
    pub(crate) fn all<O: OptionSet>(self, tokens: TokenStream) -> Read<O> {
        let mut read = Read::default();
        let parser = |input: ParseStream| {
            if self.some(&mut read, input) {
                return Ok(());
            }
            let error = problem::option_separator().at_span(input.span());
            input.parse::<TokenStream>()?;
            Err(error)
        };
        self.diagnostics.ok(parser.parse2(tokens));
        read
    }

    /// Options separated by `,`, up to the end or to a `;` that the caller reads. A mistake costs its own option
    /// only. `false` if something else follows, which is reported by the caller.
    pub(crate) fn some<O: OptionSet>(self, read: &mut Read<O>, input: ParseStream) -> bool {
        while !input.is_empty() && !input.peek(Token![;]) {
            if self.diagnostics.ok(self.option(&mut read.options, input)).is_none() {
                read.broken = true;
                skip_option(input);
            }
            if input.peek(Token![,]) {
                self.diagnostics.ok(input.parse::<Token![,]>());
            } else if !input.is_empty() && !input.peek(Token![;]) {
                return false;
            }
        }
        true
    }

    fn option<O: OptionSet>(self, options: &mut O, input: ParseStream) -> syn::Result<()> {
        let name = input
            .call(Ident::parse_any)
            .map_err(|error| problem::expected_option(self.of, listed(&O::names())).at_span(error.span()))?;
        options.read(&name, input).unwrap_or_else(|| Err(unknown::<O>(self.of, &name)))
    }
}

/// The error for an option that does not exist.
pub(super) fn unknown<O: OptionSet>(of: &str, name: &Ident) -> syn::Error {
    let options = O::names();
    let text = name.to_string();
    let closest = closest(&text, &options).map_or_else(String::new, |known| format!("did you mean `{known}`? "));
    problem::unknown_option(&text, of, closest, listed(&options)).at(name)
}

fn listed(options: &[&str]) -> String {
    options.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
}

/// Skips to the comma or semicolon that ends a broken option.
fn skip_option(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// Turns an error of syn into one that shows what the option looks like.
pub(super) fn expected<T>(result: syn::Result<T>, example: &str) -> syn::Result<T> {
    result.map_err(|error| invalid(example).at_span(error.span()))
}

/// The problem with the value of the option that an example starts with.
pub(super) fn invalid(example: &str) -> problem::Problem {
    let option = example.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(example);
    problem::option_value(option, example)
}
