//! Modules that are unregistered: refusals, the message of a later access, and that their room is used again.
#![cfg(feature = "vimage")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

// Instances would be in the way of `unregister`, and each test leaves as many as it found: none.
use support::instances::turn;
use support::panics::panic_of;
use vimage::module::{RegisterError, register, unregister};
use vimage::prelude::*;

#[vnet_module]
mod fixed {
    use vimage::prelude::*;
}

#[vnet_module(register = "manual")]
mod large {
    use vimage::prelude::*;

    #[virtualized]
    pub static LARGE: [u64; 512] = [7; 512];
}

#[vnet_module(register = "manual")]
mod small {
    use std::sync::atomic::AtomicU8;
    use vimage::prelude::*;

    #[virtualized]
    pub static SMALL: AtomicU8 = AtomicU8::new(1);
}

static REFUSES: AtomicBool = AtomicBool::new(false);

#[vnet_module(register = "manual")]
mod reluctant {
    use super::{REFUSES, SeqCst};
    use vimage::prelude::*;

    #[quiesce]
    fn quiesce() -> Result<(), &'static str> {
        if REFUSES.load(SeqCst) { Err("a transfer is running") } else { Ok(()) }
    }
}

fn unload(name: &str) -> Result<(), RegisterError> {
    // SAFETY: nothing is borrowed, and the code of these modules does not run.
    unsafe { unregister(name) }
}

#[test]
fn room_is_used_again_in_whatever_order_it_is_given_back() {
    let _turn = turn();
    for round in 0..support::rounds(20) + 1 {
        register("large").unwrap();
        register("small").unwrap_or_else(|error| panic!("round {round}: {error}"));
        let vnet = Vnet::new().unwrap();
        assert_eq!((large::V_LARGE.of(&vnet)[511], small::V_SMALL.of(&vnet).swap(2, SeqCst)), (7, 1));
        vnet.destroy().unwrap();
        let order = if round % 2 == 0 { ["large", "small"] } else { ["small", "large"] };
        order.into_iter().for_each(|name| unload(name).unwrap());
    }
}

#[test]
fn its_quiesce_hook_may_refuse() {
    let _turn = turn();
    register("reluctant").unwrap();
    REFUSES.store(true, SeqCst);
    let error = unload("reluctant").unwrap_err();
    assert_eq!(error.to_string(), "module `reluctant` refused");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "a transfer is running");
    assert!(matches!(register("reluctant"), Err(RegisterError::Registered { .. })), "it stays");
    REFUSES.store(false, SeqCst);
    unload("reluctant").unwrap();
}

#[test]
fn what_is_not_there_is_told_apart() {
    let _turn = turn();
    assert_eq!(unload("small").unwrap_err().to_string(), "module `small` is not registered");
    assert!(unload("fixed").unwrap_err().to_string().starts_with("module `fixed` came at boot, and stays;"));
    let text = "no module named `smal` is linked into the program or loaded; did you mean `small`?";
    assert_eq!(unload("smal").unwrap_err().to_string(), text);
    assert_eq!(register("smal").unwrap_err().to_string(), text);
}

#[test]
fn a_variable_of_what_is_not_registered_says_what_to_do() {
    let _turn = turn();
    let base = Vnet::base().unwrap();
    let message = panic_of(|| small::V_SMALL.of(&base).load(SeqCst));
    assert!(message.ends_with("call `vimage::module::register(\"small\")` first"), "{message}");
}
