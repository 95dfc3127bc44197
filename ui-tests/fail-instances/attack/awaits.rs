//! Nothing of an instance is held while a future waits: it may be polled elsewhere, or after the instance is gone.

use vimage::prelude::*;

#[vnet_module(macros(wait))]
mod foo {
    use std::future::{Future, pending};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    async fn a_reference() {
        let counter = &V_COUNTER;
        pending::<()>().await;
        counter.load(Relaxed);
    }

    async fn a_guard() {
        let mut names = V_NAMES.lock().unwrap();
        pending::<()>().await;
        names.clear();
    }

    fn in_a_block() -> impl Future<Output = usize> {
        async {
            let names = V_NAMES.lock().unwrap();
            pending::<()>().await;
            names.len()
        }
    }

    async fn in_a_scrutinee() {
        match V_NAMES.lock().unwrap().first() {
            Some(_) => pending::<()>().await,
            None => {}
        }
    }

    async fn as_an_argument() {
        async fn wait(counter: &AtomicU64) -> u64 {
            pending::<()>().await;
            counter.load(Relaxed)
        }
        let future = wait(&V_COUNTER);
        future.await;
    }

    async fn returned() -> &'static AtomicU64 {
        pending::<()>().await;
        &V_COUNTER
    }

    async fn in_an_async_closure() {
        let work = async || {
            let counter = &V_COUNTER;
            pending::<()>().await;
            counter.load(Relaxed)
        };
        work().await;
    }

    macro_rules! wait {
        ($future:expr) => {
            $future.await
        };
    }

    fn look(_: Option<&AtomicU64>, (): ()) {}

    async fn hidden_in_the_argument_of_a_macro() {
        wait!(std::future::ready(look(Some(&V_COUNTER), wait!(pending::<()>()))));
    }

    async fn hidden_in_a_macro() {
        let names = V_NAMES.lock().unwrap();
        wait!(pending::<()>());
        drop(names);
    }
}

fn main() {}
