//! Boot of modules that depend on each other in a circle by name, where rustc sees none.

use vimage::BootError;
use vimage::prelude::*;

const A: u32 = line!() + 1;
#[vnet_module(depends_on = "b")]
mod a {}

const B: u32 = line!() + 1;
#[vnet_module(depends_on = ["c", "fine"])]
mod b {}

const C: u32 = line!() + 1;
#[vnet_module(depends_on = "a")]
mod c {}

#[vnet_module]
mod fine {
    use vimage::prelude::*;

    #[attach]
    fn iattach() {
        unreachable!("nothing is attached where the order is unknown");
    }
}

#[vnet_module(depends_on = "a")]
mod outside_of_the_circle {}

#[test]
fn a_circle_is_shown_whole() {
    let file = file!();
    let error = vimage::boot().unwrap_err();
    assert!(matches!(&error, BootError::DependencyCycle { modules } if modules.len() == 4));
    assert_eq!(
        error.to_string(),
        format!(
            "modules depend on each other in a circle: a (boot_cycle::a, {file}:{A}) -> b (boot_cycle::b, {file}:{B}) \
             -> c (boot_cycle::c, {file}:{C}) -> a (boot_cycle::a, {file}:{A})"
        )
    );
    assert_eq!(Vnet::new().unwrap_err().to_string().contains("circle"), cfg!(feature = "vimage"));
}
