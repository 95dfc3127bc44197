//! A message from one instance to another, and through the channels of peers.

use std::error::Error;
use std::hint::black_box;
use std::sync::mpsc;

use benches::callgrind;
use vimage::link;
use vimage::prelude::*;

const CAPACITY: usize = 8;

fn count_one<R>(what: &str, code: impl FnMut() -> R) {
    callgrind::count("Messages", what, "instructions", code);
}

pub fn count(vnet: &Vnet) -> Result<(), Box<dyn Error>> {
    let other = Vnet::new()?;
    let (here, there) = link::with_capacity::<u64>(CAPACITY, vnet, &other)?;
    count_one("`link`: `send` and `recv`", || {
        here.send(black_box(1)).expect("there is room");
        there.recv()
    });
    let (sender, receiver) = mpsc::sync_channel(CAPACITY);
    count_one("*std `sync_channel`*", || {
        sender.send(black_box(1_u64)).expect("there is room");
        receiver.recv()
    });
    let (sender, receiver) = crossbeam_channel::bounded(CAPACITY);
    count_one("*crossbeam-channel*", || {
        sender.send(black_box(1_u64)).expect("there is room");
        receiver.recv()
    });
    let (sender, receiver) = async_channel::bounded(CAPACITY);
    count_one("*async-channel*", || {
        sender.send_blocking(black_box(1_u64)).expect("there is room");
        receiver.recv_blocking()
    });
    drop((here, there));
    other.destroy()?;
    Ok(())
}
