//! Whoever gets the tokens of an expansion, by saying that another crate is ours, cannot keep what is resolved in it.

use vimage::prelude::*;

mod fake {
    pub mod __private {
        pub use vimage::__private::*;

        macro_rules! mine {
            (
                plain { $($plain:tt)* }
                instances {
                    fn read() -> String {
                        let mut $region:ident @ $($kind:ident)::* { .. } = $($new:tt)::*();
                        let _ = &mut $same:ident;
                        let $local:ident = $resolved:tt;
                        $($body:tt)*
                    }
                }
            ) => {
                pub fn read() -> impl Fn() -> String {
                    let $region = $($new)::*();
                    let $local = $resolved;
                    move || $local.get().lock().unwrap().clone()
                }
            };
        }
        pub(crate) use mine as switch;
    }
}

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());
}

use foo::V_NAME;

#[virtualized(in = crate::foo, crate = crate::fake)]
fn read() -> String {
    V_NAME.lock().unwrap().clone()
}

fn main() {}
