//! A module: its declaration and its items.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ItemMod, Path};

use super::spans::located_at;
use crate::attr::options::Dependency;
use crate::model::{Declaration, Form, Module};
use crate::{attr, idents};

pub(super) fn module(krate: &Path, module: &Module, items: TokenStream) -> TokenStream {
    let declaration = declaration(krate, &module.declaration);
    let Form::Closed(shell) = &module.form else { return quote!(#items #declaration) };
    let ItemMod { attrs, vis, unsafety, mod_token, ident, .. } = &**shell;
    let (outer, inner) = (attr::outer(attrs), attr::inner(attrs));
    quote! {
        #(#outer)* #vis #unsafety #mod_token #ident {
            #(#inner)*
            #items
            #declaration
        }
    }
}

/// The registration of the module.
fn declaration(krate: &Path, declaration: &Declaration) -> TokenStream {
    let Declaration { class, name, depends_on, after, manual } = declaration;
    let marker = idents::module();
    let alias = idents::module_alias(Span::call_site());
    let name = name.as_ref().map_or_else(|| quote!(""), ToTokens::to_token_stream);
    let register = if *manual { quote!(Manual) } else { quote!(Boot) };
    let names = depends_on.iter().filter_map(|dependency| match dependency {
        Dependency::Name(name) => Some(name),
        Dependency::Path(_) => None,
    });
    let paths = depends_on.iter().filter_map(|dependency| match dependency {
        Dependency::Path(path) => Some(idents::module_in(path)),
        Dependency::Name(_) => None,
    });
    let paths: Vec<Path> = paths.collect();
    // Not the path itself: where it leads nowhere, one error is enough.
    let mut list = quote!(<#marker as #krate::__private::Module>::Dependencies);
    let checks = paths.iter().map(|path| {
        let at = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
        let check = located_at(at, quote!(#krate::__private::depends_on!));
        let check = quote_spanned!(at=> #check { #class, <#list as #krate::__private::List>::First });
        list = quote!(<#list as #krate::__private::List>::Others);
        check
    });
    let checks: TokenStream = checks.collect();
    quote! {
        #checks
        #krate::__private::module! {
            marker = #marker; alias = #alias;
            class = #class; name = #name; register = #register;
            names = [#(#names),*]; paths = [#(#paths),*]; after = [#(#after),*];
        }
    }
}
