//! Boot of a module that depends on a name that two modules have.

use vimage::BootError;
use vimage::prelude::*;

mod one {
    use vimage::prelude::*;

    pub(crate) const LINE: u32 = line!() + 1;
    #[vnet_module]
    pub mod loif {}
}

mod two {
    use vimage::prelude::*;

    pub(crate) const LINE: u32 = line!() + 1;
    #[vnet_module(name = "loif")]
    pub mod other {}
}

// Of another class, and so not meant.
#[vcpu_module(name = "loif")]
mod loif_of_processors {}

const USER: u32 = line!() + 1;
#[vnet_module(depends_on = "loif")]
mod user {}

#[vnet_module(depends_on = crate::two::other)]
mod user_by_path {}

#[test]
fn a_name_of_two_modules_lists_both() {
    let file = file!();
    let error = vimage::boot().unwrap_err();
    assert!(matches!(&error, BootError::AmbiguousDependency { candidates, .. } if candidates.len() == 2));
    let (one, two) = (one::LINE, two::LINE);
    assert_eq!(
        error.to_string(),
        format!(
            "module user (boot_ambiguous::user, {file}:{USER}) depends on `loif`, which is the name of 2 modules: \
             loif (boot_ambiguous::one::loif, {file}:{one}), loif (boot_ambiguous::two::other, {file}:{two}); \
             name the one you mean by path"
        )
    );
}
