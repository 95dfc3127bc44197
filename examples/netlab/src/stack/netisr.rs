//! The interrupt handler of a machine.

use crate::stack::ifnet;
use crate::stack::inet;
use crate::stack::machine;
use crate::stack::tcp;

/// The number of packets that a machine handles before the next machine gets its turn.
const BUDGET: usize = 64;

/// Handles the packets that have arrived; returns their number.
pub fn netisr() -> usize {
    let packets = ifnet::if_poll(BUDGET, inet::ip_input);
    tcp::tcp_soft_interrupt();
    if packets == BUDGET {
        machine::interrupt();
    }
    packets
}
