//! The reserve of instances, used up: in a process of its own, because it does not come back.

#![cfg(feature = "vimage")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use support::drops::drops;
use vimage::module::{RegisterError, register};
use vimage::prelude::*;

static DETACHED: AtomicUsize = AtomicUsize::new(0);

#[vnet_module(register = "manual")]
mod greedy {
    use super::DETACHED;
    use super::support::drops::Counted;
    use std::sync::atomic::Ordering::Relaxed;
    use vimage::prelude::*;

    #[virtualized]
    static BUFFER: [u8; 300] = [0; 300];
    #[virtualized]
    static COUNTED: Counted = Counted;

    #[attach]
    fn iattach() -> Result<(), &'static str> {
        let _: (&[u8], &Counted) = (&V_BUFFER, &V_COUNTED);
        // Attached in the base instance, and detached there when the registration fails.
        if Vnet::current().unwrap().is_base() { Ok(()) } else { Err("never") }
    }

    #[detach]
    fn idetach() {
        DETACHED.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_reserve_that_is_used_up_is_an_error_each_time() {
    vimage::boot().unwrap();
    let red = Vnet::new().unwrap();
    // A failed registration leaves its slots to the instances that have them, so that at last nothing is left.
    let mut attached = 0;
    let error = loop {
        match register("greedy") {
            Err(RegisterError::Attach(_)) => attached += 1,
            Err(error @ RegisterError::Reserve { .. }) => break error,
            other => panic!("{other:?}"),
        }
    };
    assert!(attached >= 1, "there is room for it once");
    let text = error.to_string();
    assert!(text.starts_with("module greedy (late_reserve::"), "{text}");
    assert!(text.ends_with("make it larger with `vimage::BootOptions::reserve`"), "{text}");
    assert_eq!(register("greedy").unwrap_err().to_string(), text);
    Vnet::new().unwrap().destroy().unwrap();
    // A module without room was neither attached nor initialized; the others are dropped with their instance.
    assert_eq!((DETACHED.load(Relaxed), drops()), (attached, 0));
    red.destroy().unwrap();
    assert_eq!((DETACHED.load(Relaxed), drops()), (attached, attached));
}
