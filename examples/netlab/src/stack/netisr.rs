//! What a machine does when it is interrupted.

use crate::stack::ifnet;
use crate::stack::inet;
use crate::stack::machine;
use crate::stack::tcp;

/// How many packets a machine takes before another one's turn comes.
const BUDGET: usize = 64;

/// Takes what has arrived; says how many packets that were.
pub fn netisr() -> usize {
    let packets = ifnet::if_poll(BUDGET, inet::ip_input);
    tcp::tcp_soft_interrupt();
    if packets == BUDGET {
        machine::interrupt();
    }
    packets
}
