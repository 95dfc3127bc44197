//! The registrations of a variable's names for tools.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Path};

use super::spans::located_at;
use crate::attr::options::Sysctl;
use crate::idents;
use crate::model::{Build, Exports};

pub(super) fn registration(krate: &Path, exports: &Exports, build: Build) -> TokenStream {
    let sysctl = exports.sysctl.as_ref().map(|sysctl| self::sysctl(krate, exports, sysctl, build));
    let symbol = exports.symbol.then(|| symbol(krate, exports, build));
    quote!(#sysctl #symbol)
}

/// How the runtime finds the variable in an instance: the kind of the result, and a closure.
fn find(krate: &Path, exports: &Exports, build: Build) -> TokenStream {
    let accessor = idents::accessor(&exports.ident);
    let ident = &exports.ident;
    let closure = match (build, exports.shared, exports.raw) {
        (Build::Instances, false, false) => quote!(|instance| #krate::__private::locate(#accessor, instance)),
        (Build::Instances, false, true) => quote!(|instance| #krate::__private::locate_raw(#accessor, instance)),
        (_, false, false) => quote!(|_| ::core::option::Option::Some(&#accessor)),
        (_, false, true) => quote!(|_| ::core::option::Option::Some(&raw mut #accessor)),
        (_, true, false) => quote!(|_| ::core::option::Option::Some(&#ident)),
        (_, true, true) => quote!(|_| ::core::option::Option::Some(&raw mut #ident)),
    };
    if exports.raw { quote!(Raw(#closure)) } else { quote!(Reference(#closure)) }
}

fn sysctl(krate: &Path, exports: &Exports, sysctl: &Sysctl, build: Build) -> TokenStream {
    let Exports { module_path, ident, cfgs, docs, .. } = exports;
    let Sysctl { name, handler, unit, .. } = sysctl;
    let find = find(krate, exports, build);
    let variable = ident.unraw().to_string();
    let access = match handler {
        Some(handler) => quote!(handle [#handler]),
        None if sysctl.is_written() => quote!(write),
        None => quote!(read),
    };
    let range = sysctl.range.as_ref().map(|given| bare(&given.value)).map(|range| {
        let text = text(range);
        quote!((#text, #range))
    });
    let base_only = sysctl.base_only.as_ref().map_or(exports.shared, |given| given.value);
    let flag = |set: bool, flag: TokenStream| if set { flag } else { TokenStream::new() };
    let flags = [
        flag(exports.shared, quote!(shared)),
        flag(sysctl.is_settable(), quote!(writable)),
        flag(sysctl.tunable.is_some(), quote!(tunable)),
        flag(base_only, quote!(base_only)),
    ];
    // The compiler's complaint is about what the handler takes, or about the type of the variable for this access.
    let handles = handler.as_ref().and_then(|path| path.segments.last()).map(|last| &last.ident);
    let writes = sysctl.tunable.as_ref().filter(|_| !sysctl.is_settable());
    let blamed = handles.or(writes).unwrap_or(&sysctl.access.name);
    let register = located_at(blamed.span(), quote!(#krate::__private::sysctl!));
    let call = quote_spanned! {blamed.span()=>
        {
            module = #module_path; variable = #variable; name = #name;
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

fn symbol(krate: &Path, exports: &Exports, build: Build) -> TokenStream {
    let Exports { module_path, ident, cfgs, shared, .. } = exports;
    let find = find(krate, exports, build);
    let name = ident.unraw().to_string().to_lowercase();
    quote! {
        #(#cfgs)*
        #krate::__private::symbol! { module = #module_path; name = #name; shared = #shared; find = #find; }
    }
}
