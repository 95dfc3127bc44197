//! What comes out, in files beside this one: the default build's, and that of the builds with instances.

use quote::quote;
use syn::{File, parse_str};

use super::{expand, show};
use crate::attr::AttrKind;
use crate::driver;
use crate::model::Build;

/// The same in all builds is shown once.
fn check(name: &str, input: &str) {
    let items = parse_str::<File>(input).expect("the input is Rust").items;
    let shown = |build| show(items.iter().cloned().map(|item| expand(build, item)).collect());
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(format!("{name}_default"), shown(Build::Plain));
        insta::assert_snapshot!(format!("{name}_instances"), shown(Build::Instances));
    });
}

#[test]
fn closed_form() {
    check("closed", include_str!("input/closed.rs"));
}

#[test]
fn parts_by_scope_and_macro() {
    check("parts", include_str!("input/parts.rs"));
}

#[test]
fn file_form() {
    check("file", include_str!("input/file.rs"));
}

#[test]
fn names_of_variables() {
    check("names", include_str!("input/names.rs"));
}

#[test]
fn open_form_and_classes() {
    check("open", include_str!("input/open.rs"));
}

/// In the default build a function is what the user wrote, token for token. (Of `x.0.1`, syn makes `x . 0 . 1`.)
#[test]
fn functions_of_the_default_build_are_untouched() {
    let code = quote! {
        #[inline]
        pub(in crate::foo) async unsafe extern "C" fn f<'a, T: ?Sized + for<'b> Fn(&'b u8,), const N: usize,>(
            self: &'a mut Self, mut x: [u8; { N + 1 }], (a, _): (T, u8),
        ) -> impl Iterator<Item = &'a u8> + use<'a, T> where T: Copy, {
            #![allow(unused)]
            let Some(a @ 1..=9 | a) = V_A.get() else { return; };
            'outer: loop { if let Ok(x) = y && !z { break 'outer (); } else if q {} else {} }
            match V_B { (ref mut a, .., [.., b]) if a > &b => {} _ => (), }
            let _ = move |x: u8,| -> u8 { x as u8 + V_C::<u8> }; ;
            println!("{a} {}", V_D, e = 1,);
            unsafe { &raw const V_F };
            S { a, b: 1, ..V_G }.await?.0 [..][1..] = -1.0e3 as _;
            { const X: u8 = { 1 }; } ();
            -(1 + 2) * (3)
        }
    };
    let module = quote!(mod code { #code });
    let found = driver::item(Build::Plain, AttrKind::Virtualized, quote!(), module);
    assert_eq!(found.to_string(), quote!(mod code { #code }).to_string());
}
