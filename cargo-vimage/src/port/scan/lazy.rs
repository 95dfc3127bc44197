//! `lazy_static! { … }`: what is written in it, so that it can be written out.

use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Macro, Token, Type, Visibility};

use super::model::{LazyMacro, LazyStatic, place};

/// Reads a call; `None` if it is another macro or has another form.
pub(super) fn read(mac: &Macro, semicolon: Option<&Token![;]>, has_attributes: bool) -> Option<LazyMacro> {
    if mac.path.segments.last()?.ident != "lazy_static" {
        return None;
    }
    let entries = entries.parse2(mac.tokens.clone()).ok()?;
    let delimiters = match &mac.delimiter {
        syn::MacroDelimiter::Paren(token) => token.span,
        syn::MacroDelimiter::Brace(token) => token.span,
        syn::MacroDelimiter::Bracket(token) => token.span,
    };
    let start = place(&mac.path).start;
    let close = delimiters.close().byte_range();
    let end = semicolon.map_or(close.end, |token| place(token).end);
    Some(LazyMacro {
        has_attributes,
        at: start..end,
        open: start..delimiters.open().byte_range().end,
        close: close.start..end,
        entries,
    })
}

fn entries(input: ParseStream) -> syn::Result<Vec<LazyStatic>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        found.push(entry(input)?);
    }
    Ok(found)
}

fn entry(input: ParseStream) -> syn::Result<LazyStatic> {
    input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let static_token: Token![static] = input.parse()?;
    let reference: Token![ref] = input.parse()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty: Type = input.parse()?;
    input.parse::<Token![=]>()?;
    let init: Expr = input.parse()?;
    input.parse::<Token![;]>()?;
    let is_inherited = matches!(vis, Visibility::Inherited);
    let name_at = name.span().byte_range();
    Ok(LazyStatic {
        start: if is_inherited { place(&static_token).start } else { place(&vis).start },
        reference: place(&reference).start..name_at.start,
        name: name.to_string(),
        name_at,
        ty: place(&ty),
        init: place(&init),
        is_public: matches!(vis, Visibility::Public(_)),
    })
}
