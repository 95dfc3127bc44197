//! The interrupt handler of a machine.

use std::cell::Cell;

use crate::hardware::Mbuf;
use crate::stack::ifnet;
use crate::stack::inet;
use crate::stack::linkstate;
use crate::stack::machine;
use crate::stack::tcp;

/// The number of packets that a machine handles before the next machine gets its turn.
const BUDGET: usize = 64;

thread_local! {
    /// The memory for the packets of one interrupt. It belongs to the processor, as in FreeBSD, and not to a machine.
    static WORKSTREAM: Cell<Workstream> = Cell::default();
}

#[derive(Default)]
struct Workstream {
    arrived: Vec<Mbuf>,
    link: Vec<(u32, Mbuf)>,
    packets: inet::Batch,
}

/// Handles the packets that have arrived; returns their number.
pub fn netisr() -> usize {
    let mut work = WORKSTREAM.take();
    ifnet::if_poll(BUDGET, &mut work.arrived, linkstate::ls_is_on().then_some(&mut work.link));
    let count = work.arrived.len();
    work.link.drain(..).for_each(|(interface, pdu)| linkstate::ls_input(interface, &pdu));
    inet::ip_input(work.arrived.drain(..), &mut work.packets);
    WORKSTREAM.set(work);
    linkstate::ls_timer();
    tcp::tcp_soft_interrupt();
    if count == BUDGET {
        machine::interrupt();
    }
    count
}
