//! Attempts to reach an instance through a macro that moves the use of a variable elsewhere.

#![cfg(feature = "vimage")]

mod support;

use std::pin::pin;
use std::task::Poll;

use support::panics::panic_of;
use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::future::ready;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());

    macro_rules! dbg {
        ($vnet:expr, $value:expr) => {
            $vnet.enter(|| $value)
        };
    }

    macro_rules! format {
        ($vnet:expr, $value:expr) => {
            $vnet.enter(|| $value)
        };
    }

    pub async fn out_of_enter_in_async_code(vnet: Vnet) -> String {
        ready(()).await;
        let (name, ()) = (format!(vnet, &V_NAME), vnet.destroy().unwrap());
        let text = name.lock().unwrap().clone();
        ready(text).await
    }

    pub async fn of_the_caller_in_async_code(vnet: &Vnet) -> [String; 3] {
        let first = format!(vnet, V_NAME.lock().unwrap().clone());
        let second = (ready(()).await, format!(vnet, V_NAME.lock().unwrap().clone())).1;
        // What may wait is evaluated where it is put, and gives nothing but values.
        let third = dbg!(vnet, V_NAME.with_current(|name| name.lock().unwrap().clone()));
        [first, second, third]
    }

    /// Outside of any instance, so that the head of the function finds nothing.
    pub fn out_of_enter(vnet: Vnet) -> String {
        let name = dbg!(vnet, &V_NAME);
        vnet.destroy().unwrap();
        name.lock().unwrap().clone()
    }

    pub fn of_the_caller(vnet: &Vnet) -> String {
        dbg!(vnet, V_NAME.lock().unwrap().clone())
    }
}

/// The reference would live as long as the function, and the instance does not.
#[test]
fn what_a_macro_moves_into_another_instance_is_not_found_there() {
    vimage::boot().unwrap();
    let vnet = Vnet::new().unwrap();
    let other = Vnet::new().unwrap();
    let in_async_code = || support::polls::poll(pin!(foo::out_of_enter_in_async_code(other)));
    // The base instance does not end, but it is another one than that of the region, too.
    let base = Vnet::base().unwrap();
    let in_base = panic_of(|| foo::of_the_caller(&base));
    for message in [panic_of(|| foo::out_of_enter(vnet)), panic_of(in_async_code), in_base] {
        assert!(
            message.ends_with("move the use into a closure passed to `enter`, or into a function of its own"),
            "{message}"
        );
    }
}

/// A use means the instance that was current at the head of the function, wherever a macro moves it.
#[test]
fn a_mention_means_the_instance_that_its_function_runs_in() {
    vimage::boot().unwrap();
    let (outer, inner) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    foo::V_NAME.of(&outer).lock().unwrap().push_str("outer");
    foo::V_NAME.of(&inner).lock().unwrap().push_str("inner");
    assert_eq!(outer.enter(|| foo::of_the_caller(&inner)), "outer");
    let in_async_code = || support::polls::poll(pin!(foo::of_the_caller_in_async_code(&inner)));
    assert_eq!(outer.enter(in_async_code), Poll::Ready(["outer", "outer", "inner"].map(str::to_owned)));
}
