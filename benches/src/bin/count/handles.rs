//! Getting hold of instances and of their variables.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use benches::callgrind;
use benches::counters::V_A;
use benches::peers::Globals;
use vimage::prelude::*;

const MANY: u64 = 1_000;

fn count_one<R>(what: &str, code: impl FnMut() -> R) {
    callgrind::count("Handles", what, "instructions", code);
}

pub fn count(vnet: &Vnet) -> Result<(), Box<dyn Error>> {
    let (shared, weak, id) = (Arc::new(Globals::default()), vnet.downgrade(), vnet.id());
    let weak_shared = Arc::downgrade(&shared);
    count_one("clone of a handle, and its drop", || black_box(vnet).clone());
    count_one("*clone of an `Arc`, and its drop*", || Arc::clone(black_box(&shared)));
    count_one("`WeakInstance::upgrade`, and the drop", || black_box(&weak).upgrade());
    count_one("*`Weak::upgrade` of `Arc`, and the drop*", || black_box(&weak_shared).upgrade());
    count_one("`Vnet::by_id`, and the drop", || Vnet::by_id(black_box(id)));
    vnet.enter(|| {
        count_one("`Vnet::current`, and the drop", || Vnet::current());
        count_one("`held`, and the drop", || V_A.held());
    });
    count_one("`of`", || V_A.of(black_box(vnet)));

    // One of them is the base instance, and one is counted above.
    let many = (2..MANY).map(|_| Vnet::new()).collect::<Result<Vec<_>, _>>()?;
    let count_each = |what, code: &mut dyn FnMut()| callgrind::count_each("Handles", what, "instructions", MANY, code);
    count_each("`Vnet::list`, per instance", &mut || assert_eq!(Vnet::list().count() as u64, MANY));
    count_each("`Vnet::for_each`, per instance", &mut || Vnet::for_each(|vnet| _ = black_box(vnet)));
    many.into_iter().try_for_each(Vnet::destroy)?;
    Ok(())
}
