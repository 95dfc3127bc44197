//! Boot of a module that depends on a name that no module of its class has.

use vimage::BootError;
use vimage::prelude::*;

#[vnet_module]
mod ether {}

// Of another class, and so not meant.
#[vcpu_module]
mod ethers {}

const USER: u32 = line!() + 1;
#[vnet_module(depends_on = ["ether", "ehter"], after = "not there, and not missed")]
mod user {}

#[test]
fn a_name_of_no_module_says_what_is_close() {
    let file = file!();
    let error = vimage::boot().unwrap_err();
    assert!(matches!(&error, BootError::MissingDependency { closest: Some(closest), .. } if closest == "ether"));
    assert_eq!(
        error.to_string(),
        format!(
            "module user (boot_missing::user, {file}:{USER}) depends on `ehter`, but no such module is linked into the \
             program; did you mean `ether`?"
        )
    );
}
