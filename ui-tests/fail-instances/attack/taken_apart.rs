//! A macro with a well-known name cannot look into the regions among its arguments.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::future::{Future, pending};
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    macro_rules! format {
        (| | { let mut $region:ident @ $(::$kind:ident)* { .. } = $(::$new:ident)*(); let _ = $same:expr; let $local:ident = $resolved:tt; match () { () => $e:expr } }) => {
            async {
                let $region = $(::$new)*();
                let $local = $resolved;
                pending::<()>().await;
                match () { () => $e }
            }
        };
    }

    fn from_a_closure_into_a_future() -> impl Future<Output = String> {
        format!(|| V_NAME.lock().unwrap().clone())
    }
}

fn main() {}
