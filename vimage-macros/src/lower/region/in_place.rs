//! Calls of macros with a region in their arguments, as `println!("{}", names.map(|n| V_N.of(n)).sum())`.
//!
//! A name alone does not prove that a macro is the known one, and another one could take the head of a region apart:
//! put an `.await` between its statements, or move them elsewhere. So an argument with a region goes through `in_place!`
//! of the runtime, as `$argument:expr`, which no `macro_rules!` can look into:
//!
//! ```text
//! println!("{}", argument)    in_place! { (println) ["{}",] (argument) }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Macro, Path, parse_quote_spanned};

use super::region::written_at;
use crate::parse::code::pieces::{Piece, Pieces};

/// The call, so that the macro cannot look into those arguments that are [closed](Piece::Closed).
pub(super) fn protect(mac: &mut Macro, arguments: &Pieces, krate: &Path) {
    let called = &mac.path;
    // Not at our own hygiene: a panic shows the outermost expansion that it is in, which is to be this call.
    let at = called.span();
    let arguments = items(arguments, at);
    mac.tokens = quote_spanned!(at=> (#called) #arguments);
    let krate = written_at(krate, at);
    let name = Ident::new("in_place", at);
    mac.path = parse_quote_spanned!(at=> #krate::__private::#name);
}

/// What `in_place!` reads: `[tokens]`, `(expression)`, `{ items of a group }`.
fn items(pieces: &Pieces, at: Span) -> TokenStream {
    let mut items = TokenStream::new();
    let mut verbatim = TokenStream::new();
    let flush = |verbatim: &mut TokenStream, items: &mut TokenStream| {
        let tokens = std::mem::take(verbatim);
        items.extend((!tokens.is_empty()).then(|| quote_spanned!(at=> [#tokens])));
    };
    for piece in &pieces.pieces {
        match piece {
            Piece::Closed(expr) => {
                flush(&mut verbatim, &mut items);
                items.extend(quote_spanned!(at=> (#expr)));
            }
            Piece::Group(_, inner) if inner.is_closed() => {
                flush(&mut verbatim, &mut items);
                let inner = self::items(inner, at);
                items.extend(quote_spanned!(at=> { #inner }));
            }
            other => other.to_tokens(&mut verbatim),
        }
    }
    flush(&mut verbatim, &mut items);
    items
}
