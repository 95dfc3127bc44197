//! The crate beside a dev-dependency that depends on it.

use vimage::prelude::*;

#[test]
fn both_copies_are_one_module() {
    vimage::boot().unwrap().enter(|| {
        let index = multi_file_user::add_two();
        assert_eq!(multi_file::ifnet::if_attach("em9"), index + 1);
        assert!(multi_file::ifnet::if_names().contains(&"user1".to_owned()));
    });
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
