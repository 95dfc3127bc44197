//! A macro with a well-known name that waits: it cannot do so while something of an instance is held.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::future::Future;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    macro_rules! format {
        ($future:expr) => {
            $future.await
        };
    }
    macro_rules! concat {
        ($future:expr) => {
            $future.await
        };
    }

    fn look(_: &[String], (): ()) {}

    async fn argument(future: impl Future<Output = ()>) {
        look(&V_NAMES.lock().unwrap(), format!(future));
    }

    async fn argument_with_an_attribute(future: impl Future<Output = ()>) {
        look(&V_NAMES.lock().unwrap(), #[allow(unused)] format!(future));
    }

    async fn said_to_evaluate_nothing(future: impl Future<Output = ()>) {
        look(&V_NAMES.lock().unwrap(), concat!(future));
    }

    async fn tail_with_an_attribute(future: impl Future<Output = ()>) {
        look(&V_NAMES.lock().unwrap(), {
            #[allow(unused)]
            format!(future)
        });
    }
}

fn main() {}
