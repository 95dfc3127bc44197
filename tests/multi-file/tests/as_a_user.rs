//! The crate beside a dev-dependency that depends on it: cargo builds it once for both, unlike for its unit tests.

use vimage::prelude::*;

#[test]
fn a_user_of_the_crate_means_the_same_module() {
    vimage::boot().unwrap().enter(|| {
        let index = multi_file_user::add_two();
        assert_eq!(multi_file::ifnet::if_attach("em9"), index + 1);
        assert!(multi_file::ifnet::if_names().contains(&"user1".to_owned()));
    });
    assert_eq!(vimage::debug::modules().rows().iter().filter(|row| row[1] == "ifnet").count(), 1);
}

#[cfg(feature = "vimage")]
#[test]
fn instances_are_apart() {
    let vnet = Vnet::new().unwrap();
    assert_eq!(vnet.enter(multi_file_user::add_two), 2);
    assert_eq!(vnet.enter(multi_file::counters::count), 1);
}

#[cfg(not(feature = "vimage"))]
#[test]
fn the_base_is_all_there_is() {
    assert!(Vnet::new().is_err());
}
