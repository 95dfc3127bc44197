//! The registrations of the names that tools reach a variable by.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Path};

use super::Arm;
use super::hook::located_at;
use crate::model::{Names, Sysctl};
use crate::names;

pub(super) fn registration(krate: &Path, names: &Names, arm: Arm) -> TokenStream {
    let sysctl = names.sysctl.as_ref().map(|sysctl| self::sysctl(krate, names, sysctl, arm));
    let symbol = names.symbol.then(|| symbol(krate, names, arm));
    quote!(#sysctl #symbol)
}

/// How the runtime finds the variable in an instance: what it gives, and a closure.
fn find(krate: &Path, names: &Names, arm: Arm) -> TokenStream {
    let accessor = names::accessor(&names.ident);
    let ident = &names.ident;
    let closure = match (arm, names.shared, names.raw) {
        (Arm::Instances, false, false) => quote!(|instance| #krate::__private::locate(#accessor, instance)),
        (Arm::Instances, false, true) => quote!(|instance| #krate::__private::locate_raw(#accessor, instance)),
        (_, false, false) => quote!(|_| ::core::option::Option::Some(&#accessor)),
        (_, false, true) => quote!(|_| ::core::option::Option::Some(&raw mut #accessor)),
        (_, true, false) => quote!(|_| ::core::option::Option::Some(&#ident)),
        (_, true, true) => quote!(|_| ::core::option::Option::Some(&raw mut #ident)),
    };
    if names.raw { quote!(Raw(#closure)) } else { quote!(Reference(#closure)) }
}

fn sysctl(krate: &Path, names: &Names, sysctl: &Sysctl, arm: Arm) -> TokenStream {
    let Names { home, ident, cfgs, docs, .. } = names;
    let Sysctl { name, handler, unit, .. } = sysctl;
    let find = find(krate, names, arm);
    let variable = ident.unraw().to_string();
    let access = match handler {
        Some(handler) => quote!(handle [#handler]),
        None if sysctl.is_written() => quote!(write),
        None => quote!(read),
    };
    let range = sysctl.range.as_ref().map(|(_, range)| bare(range)).map(|range| {
        let text = text(range);
        quote!((#text, #range))
    });
    let base_only = sysctl.base_only.as_ref().map_or(names.shared, |(_, value)| *value);
    let flag = |set: bool, flag: TokenStream| if set { flag } else { TokenStream::new() };
    let flags = [
        flag(names.shared, quote!(shared)),
        flag(sysctl.is_settable(), quote!(writable)),
        flag(sysctl.tunable.is_some(), quote!(tunable)),
        flag(base_only, quote!(base_only)),
    ];
    // What the compiler finds wrong is the type of the variable, for this access.
    let writes = sysctl.tunable.as_ref().filter(|_| !sysctl.is_settable());
    let blamed = writes.or(sysctl.access.as_ref()).map_or_else(|| name.span(), proc_macro2::Ident::span);
    let register = located_at(blamed, quote!(#krate::__private::sysctl!));
    let call = quote_spanned! {blamed=>
        {
            module = #home; variable = #variable; name = #name;
            find = #find; access = #access; range = #range;
            flags = [#(#flags)*]; unit = #unit; docs = [#(#docs),*];
        }
    };
    quote!(#(#cfgs)* #register #call)
}

/// A range without the parentheses around it.
fn bare(range: &Expr) -> &Expr {
    match range {
        Expr::Paren(inner) => bare(&inner.expr),
        other => other,
    }
}

/// A range as people write it, without the spaces that tokens have between them.
fn text(range: &Expr) -> String {
    let text = range.to_token_stream().to_string();
    let text = text.replace(" ..", "..").replace("..= ", "..=").replace(".. ", "..");
    let text = text.replace("..=- ", "..=-").replace("..- ", "..-");
    text.strip_prefix("- ").map_or_else(|| text.clone(), |positive| format!("-{positive}"))
}

fn symbol(krate: &Path, names: &Names, arm: Arm) -> TokenStream {
    let Names { home, ident, cfgs, shared, .. } = names;
    let find = find(krate, names, arm);
    let name = ident.unraw().to_string().to_lowercase();
    quote! {
        #(#cfgs)*
        #krate::__private::symbol! { module = #home; name = #name; shared = #shared; find = #find; }
    }
}
