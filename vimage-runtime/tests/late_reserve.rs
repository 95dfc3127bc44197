//! The reserve of instances, used up: in a process of its own, because it does not come back.

#![cfg(feature = "vimage")]

use vimage::module::{RegisterError, register};
use vimage::prelude::*;

#[vnet_module(register = "manual")]
mod greedy {
    use vimage::prelude::*;

    #[virtualized]
    static BUFFER: [u8; 300] = [0; 300];

    #[attach]
    fn iattach() -> Result<(), &'static str> {
        let _: &[u8] = &V_BUFFER;
        Err("never")
    }
}

#[test]
fn a_reserve_that_is_used_up_is_an_error_each_time() {
    vimage::boot().unwrap();
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
    assert!(text.ends_with("make it larger with `vimage::module::set_reserve` before boot"), "{text}");
    assert_eq!(register("greedy").unwrap_err().to_string(), text);
    Vnet::new().unwrap().destroy().unwrap();
}
