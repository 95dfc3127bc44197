//! Elided lifetimes in the type of a static are `'static`; in that of a field they have to be written.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference};

/// The type of a variable as the type of a field. Where an elided lifetime cannot be seen (`Cow<str>`), rustc
/// asks for it.
pub(super) fn made_static(ty: &Type) -> Type {
    let mut ty = ty.clone();
    MakeStatic.visit_type_mut(&mut ty);
    ty
}

struct MakeStatic;

impl VisitMut for MakeStatic {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| Lifetime::new("'static", reference.and_token.span()));
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            let span: Span = lifetime.span();
            *lifetime = Lifetime::new("'static", span);
        }
    }

    // A lifetime that is elided in the signature of a function is a parameter of it: `fn(&str) -> &str`, `dyn Fn(&str)`.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}

    // Array lengths and arguments in braces are code.
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}

#[cfg(test)]
mod tests {
    use syn::parse_str;

    fn type_as_field(ty: &str) -> String {
        let made = super::made_static(&parse_str(ty).expect("a type"));
        let shown = prettyplease::unparse(&syn::parse_quote!(type T = #made;));
        shown.trim_start_matches("type T = ").trim_end_matches(";\n").to_owned()
    }

    #[test]
    fn elided_lifetimes_become_static() {
        let table = [
            ("&str", "&'static str"),
            ("&&mut [&u8]", "&'static &'static mut [&'static u8]"),
            ("Mutex<Vec<(&str, Cow<'_, str>)>>", "Mutex<Vec<(&'static str, Cow<'static, str>)>>"),
            ("[&str; { f::<&u8>() }]", "[&'static str; { f::<&u8>() }]"),
            ("fn(&str) -> &str", "fn(&str) -> &str"),
            ("Option<unsafe extern \"C\" fn(&u8)>", "Option<unsafe extern \"C\" fn(&u8)>"),
            ("&(dyn Fn(&str) -> &str + Sync)", "&'static (dyn Fn(&str) -> &str + Sync)"),
            ("Box<dyn Iterator<Item = &str>>", "Box<dyn Iterator<Item = &'static str>>"),
            ("&'static str", "&'static str"),
        ];
        for (written, field) in table {
            assert_eq!(type_as_field(written), field, "for `{written}`");
        }
    }
}
