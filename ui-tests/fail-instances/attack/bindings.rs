//! What ends in front of an `.await` is the local that was borrowed, not another one that a macro gives its name.

#![allow(unused_variables, non_upper_case_globals)]

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use attack_macros::{glue, replaced_by};
    use std::future::pending;
    use std::sync::Mutex;
    use vimage::__private::Region;
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    macro_rules! concat {
        ($name:ident) => {
            $name
        };
    }

    async fn in_a_pattern() -> String {
        let name = &V_NAME;
        let concat!(v_name_is_borrowed_across_an_await_use_keep_or_held) = ();
        pending::<()>().await;
        name.lock().unwrap().clone()
    }

    async fn in_a_pattern_that_is_made() -> String {
        let name = &V_NAME;
        let glue!(v_name_is_borrowed_across _an_await_use _keep_or_held) = ();
        pending::<()>().await;
        name.lock().unwrap().clone()
    }

    async fn by_an_attribute() -> String {
        let name = &V_NAME;
        #[replaced_by(let glue!(v_name_is_borrowed_across _an_await_use _keep_or_held) = ();)]
        fn item() {}
        pending::<()>().await;
        name.lock().unwrap().clone()
    }

    async fn by_an_item() -> String {
        let name = {
            let before_it = ();
            #[shared]
            static v_name_is_borrowed_across_an_await_use_keep_or_held: Region = Region::new();
            &V_NAME
        };
        pending::<()>().await;
        name.lock().unwrap().clone()
    }

    async fn an_await_by_an_attribute() -> String {
        let name = V_NAME.lock().unwrap();
        #[replaced_by(pending::<()>().await;)]
        fn item() {}
        name.clone()
    }
}

fn main() {}
