use quote::quote;

use super::{messages, show};
use crate::attr::Ours;
use crate::pipeline::{self, Declares};

#[test]
fn smoke() {
    let m = quote! {
        /// Docs.
        pub mod foo {
            #![allow(unused)]
            use std::sync::Mutex;
            use vimage::prelude::*;
            /// Packets seen.
            #[virtualized]
            pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);
            #[virtualized(keep)]
            #[cfg(a)]
            pub(crate) static NAMES: &Mutex<&str> = Mutex::new("x");
            #[virtualized] static mut RAW: u8 = 0;
            #[virtualized] thread_local! { pub static TL: Cell<u32> = const { Cell::new(0) }; static U: u8 = 1 }
            #[shared] static S: AtomicBool = AtomicBool::new(false);
            static IMM: &[(u8, &str)] = &[];
            #[attach] fn iattach(a: &Arguments) -> Result<(), E> { Ok(()) }
            #[cfg(x)] #[detach] fn idetach() {}
            pub fn foo_work() {
                #[virtualized] static local: AtomicU8 = AtomicU8::new(1);
                V_FOO_COUNTER.load();
            }
            mod inner {
                #[virtualized] static X: Mutex<Box<dyn Fn(&str) -> &str>> = Mutex::new(None);
                macro_rules! ty { () => {u8} }
                #[virtualized] static Y: ty!() = 1;
                impl Foo { #[virtualized] fn x(&self) { mod deep { #[virtualized] static Z: u8 = 1; } } }
            }
        }
    };
    let args = quote!(depends_on = ["loif", crate::ether], after = "x", name = "foo");
    let out = pipeline::closed(Declares::Net, args, m);
    println!("{:#?}", messages(out.clone()));
    println!("{}\n--------------\n{}", show("plain", out.clone()), show("instances", out));
    let out = pipeline::open(Ours::Virtualized, quote!(in = super::foo), quote!{ mod x { #[virtualized] #[cfg(a)] static A: &str = ""; fn f() { #[virtualized(in = crate::y)] static B: u8 = 0; } #[attach] fn h() {} }});
    println!("{:#?}", messages(out.clone()));
    println!("{}\n--------------\n{}", show("plain", out.clone()), show("instances", out));
}
