//! A macro with a well-known name whose calls would stay as they are written, were it the known one: where a definition
//! is seen, it is taken for one that waits; else rustc calls the name ambiguous.

use vimage::prelude::*;

#[vnet_module]
mod by_a_definition {
    use std::future::pending;
    use std::sync::{Mutex, MutexGuard};
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    macro_rules! vec {
        () => {
            Vec::new()
        };
        ($value:expr) => {{
            let name = $value;
            pending::<()>().await;
            name
        }};
    }

    async fn in_code_that_waits_only_here() -> String {
        vec![&V_NAME].lock().unwrap().clone()
    }

    async fn beside_an_await() -> String {
        (vec![V_NAME.lock().unwrap()].clone(), pending::<()>().await).0
    }

    async fn of_something_else(future: impl Future<Output = ()>) -> String {
        let name: MutexGuard<String> = V_NAME.lock().unwrap();
        vec![future];
        name.clone()
    }
}

#[vnet_module]
mod by_an_import {
    use super::macros::*;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    async fn imported(future: impl Future<Output = ()>) -> bool {
        matches!(V_NAME.lock(), future)
    }
}

#[vnet_module]
mod by_a_module {
    use super::macros as core;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    async fn called_by_a_path(future: impl Future<Output = ()>) -> bool {
        core::matches!(V_NAME.lock(), future)
    }
}

mod macros {
    macro_rules! waits {
        ((), ()) => {
            true
        };
        ($value:expr, $future:ident) => {{
            let value = $value;
            $future.await;
            value.is_ok()
        }};
    }
    pub(crate) use waits as matches;
}

fn main() {}
