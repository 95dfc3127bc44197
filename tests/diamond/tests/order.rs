//! The order of hooks across crates, in every build.

use std::sync::atomic::Ordering::Relaxed;

use diamond as _;
use diamond_ground::ground::V_ATTACHED;
use diamond_ground::logged;
use vimage::prelude::*;

const ATTACH: [&str; 4] = ["attach ground", "attach left", "attach right", "attach top"];

#[test]
fn the_base_attaches_in_order() {
    let base = Vnet::base().unwrap();
    assert_eq!(logged(base.id()), ATTACH);
    assert_eq!(V_ATTACHED.of(&base).load(Relaxed), 4);
}

#[cfg(feature = "vimage")]
#[test]
fn each_instance_attaches_in_order_and_detaches_in_reverse() {
    const DETACH: [&str; 4] = ["detach top", "detach right", "detach left", "detach ground"];
    for _ in 0..3 {
        let vnet = Vnet::new().unwrap();
        let id = vnet.id();
        assert_eq!(logged(id), ATTACH);
        assert_eq!(V_ATTACHED.of(&vnet).load(Relaxed), 4);
        vnet.destroy().unwrap();
        assert_eq!(logged(id), DETACH);
    }
}
