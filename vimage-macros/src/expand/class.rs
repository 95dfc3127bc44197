//! A class of the user's.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attr;
use crate::attr::options::NoContext;
use crate::model::Class;

pub(crate) fn class(class: &Class) -> TokenStream {
    let Class { krate, attrs, vis, ident, no_context } = class;
    let cfgs = attr::cfgs(attrs);
    let no_context = match no_context {
        NoContext::Base => quote!(Base),
        NoContext::Panic => quote!(Panic),
    };
    quote! {
        #(#cfgs)*
        #krate::__private::class! { #(#attrs)* #vis #ident, #no_context }
    }
}
