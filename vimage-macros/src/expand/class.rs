//! A class of the user's.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attr;
use crate::model::Class;

pub(crate) fn expand(class: &Class) -> TokenStream {
    let Class { krate, attrs, vis, ident, .. } = class;
    let cfgs = attr::cfgs(attrs);
    let no_context = if class.no_context_is_base { quote!(Base) } else { quote!(Panic) };
    quote! {
        #(#cfgs)*
        #krate::__private::class! { #(#attrs)* #vis #ident, #no_context }
    }
}
