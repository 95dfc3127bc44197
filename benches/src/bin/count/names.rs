//! Finding variables by name.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;

use benches::callgrind;
use vimage::prelude::*;
use vimage::{symmap, sysctl};

fn count_one<R>(what: &str, code: impl FnMut() -> R) {
    callgrind::count("Names", what, "instructions", code);
}

pub fn count(vnet: &Vnet) -> Result<(), Box<dyn Error>> {
    let name = || black_box("bench.counter");
    let key = sysctl::key::<u64>("bench.counter")?;
    let by_hand = HashMap::from([("bench.counter", 1_u64), ("bench.other", 2)]);
    count_one("`symmap::lookup`", || symmap::lookup(vnet, black_box("A")).map(|symbol| symbol.address()));
    vnet.enter(|| {
        count_one("`sysctl::get`", || sysctl::get(name()));
        count_one("`sysctl::set`", || sysctl::set(name(), 5_u64));
        count_one("`sysctl::Key::get`", || black_box(&key).get());
        count_one("`sysctl::Key::set`", || black_box(&key).set(5_u64));
    });
    count_one("*`HashMap<&str, _>`*", || by_hand.get(name()).copied());
    Ok(())
}
