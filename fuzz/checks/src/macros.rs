//! Tokens into each macro. The input is the use of one: `#[module(class = Net)] mod foo { … }`, `virtualize! { … }`.
//!
//! No macro panics. What it makes of Rust is Rust. Both builds report the same, at a place inside of the input.

use proc_macro2::extra::invalidate_current_thread_spans;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

/// syn reads what is nested by functions that call themselves. rustc has a limit of this size for macros.
const DEEPEST: usize = 128;

pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // No tokens are left from the check before.
    invalidate_current_thread_spans();
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    if is_deep(tokens.clone(), DEEPEST) {
        return;
    }
    let Some(Use { name, args, input }) = Use::new(tokens) else { return };
    let expanded = match &args {
        Some(args) => fuzz_macros::attribute(&name, args, &input),
        None => fuzz_macros::function(&name, &input),
    };
    let Some(builds) = expanded else { return };
    let is_rust = syn::parse2::<syn::File>(items(&name, &input)).is_ok();
    let [plain, instances] = builds.each_ref().map(|expansion| {
        let mut errors = Vec::new();
        find_errors(expansion.clone(), &mut errors);
        // In `virtualize!` with mistakes it is not known where the options end.
        let is_whole = errors.is_empty() && !expansion.to_string().contains("item_that_vimage_cannot_read");
        if is_rust && (is_whole || args.is_some()) {
            let parsed = syn::parse2::<syn::File>(expansion.clone());
            assert!(parsed.is_ok(), "the expansion is no Rust: {}\n{expansion}", parsed.unwrap_err());
        }
        errors
    });
    for Error { message, span } in plain.iter().chain(&instances) {
        // The place of the call has no text; under libFuzzer, if `proc_macro2` knows of it, no place has.
        let is_inside = span.source_text().is_none_or(|part| text.get(span.byte_range()) == Some(&part));
        assert!(is_inside, "outside of the input: {message}");
    }
    // The build without instances leaves to rustc what is in a call, which cannot read these arguments either.
    let is_compared = |error: &&Error| !error.message.contains("vimage cannot read the arguments of this call");
    let messages =
        |errors: &[Error]| errors.iter().filter(is_compared).map(|error| error.message.clone()).collect::<Vec<_>>();
    assert_eq!(messages(&plain), messages(&instances), "the builds report different mistakes");
}

/// The use of a macro.
struct Use {
    name: Ident,
    /// Of an attribute.
    args: Option<TokenStream>,
    /// The item of an attribute, or the input of another macro.
    input: TokenStream,
}

impl Use {
    /// Reads an attribute and the item behind it, or the call of a macro.
    fn new(tokens: TokenStream) -> Option<Self> {
        let mut tokens = tokens.into_iter();
        match (tokens.next()?, tokens.next()?) {
            (TokenTree::Punct(hash), TokenTree::Group(attribute)) if hash.as_char() == '#' => {
                let (name, args) = named(attribute.stream())?;
                Some(Self { name, args: Some(args.unwrap_or_default()), input: tokens.collect() })
            }
            (first, second) => {
                let call = [first, second].into_iter().chain(tokens).filter(|token| !is_bang(token)).collect();
                let (name, input) = named(call)?;
                Some(Self { name, args: None, input: input? })
            }
        }
    }
}

fn is_bang(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')
}

/// The last segment of a path, and what is in the brackets behind it.
fn named(tokens: TokenStream) -> Option<(Ident, Option<TokenStream>)> {
    let mut name = None;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => name = Some(ident),
            TokenTree::Punct(_) => {}
            TokenTree::Group(group) => return Some((name?, Some(group.stream()))),
            TokenTree::Literal(_) => return None,
        }
    }
    Some((name?, None))
}

/// The items of an input: in `virtualize!` they are behind the options.
fn items(name: &Ident, input: &TokenStream) -> TokenStream {
    let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    match name == "virtualize" {
        true => input.clone().into_iter().skip_while(|token| !is_end(token)).skip(1).collect(),
        false => input.clone(),
    }
}

fn is_deep(tokens: TokenStream, limit: usize) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => limit == 0 || is_deep(group.stream(), limit - 1),
        _ => false,
    })
}

/// An error that a macro reports.
struct Error {
    message: String,
    span: Span,
}

/// Collects what an expansion gives to `compile_error!`, wherever that is.
fn find_errors(tokens: TokenStream, errors: &mut Vec<Error>) {
    let mut before = [None, None];
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let is_error = matches!(&before, [Some(TokenTree::Ident(ident)), Some(bang)] if ident == "compile_error" && is_bang(bang));
            if is_error && group.delimiter() == Delimiter::Brace {
                let [Some(start), _] = &before else { unreachable!("this is an error") };
                errors.push(Error { message: group.stream().to_string(), span: start.span() });
                errors.push(Error { message: group.stream().to_string(), span: group.span() });
            } else {
                find_errors(group.stream(), errors);
            }
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
}
