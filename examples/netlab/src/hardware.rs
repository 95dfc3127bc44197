//! The hardware outside of the machines: packets in memory, wires, and interrupt lines.
//!
//! Wires are queues of their own and not `vimage::link`s, because their ends move with the interfaces they are
//! plugged into and interrupt a machine instead of waking a thread; `netlab bench` compares the cost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The bytes of an IPv4 packet, with its header.
pub type Mbuf = Vec<u8>;

/// The machines that have been interrupted, in this order.
#[derive(Debug)]
pub struct Controller {
    raised: Box<[AtomicBool]>,
    pending: Mutex<VecDeque<u32>>,
}

impl Controller {
    pub fn new(machines: usize) -> Arc<Self> {
        let raised = (0..machines).map(|_| AtomicBool::new(false)).collect();
        Arc::new(Self { raised, pending: Mutex::new(VecDeque::new()) })
    }

    /// Takes the machine that has waited longest.
    pub fn next(&self) -> Option<usize> {
        let machine = self.pending.lock().unwrap().pop_front()? as usize;
        // Cleared before the machine polls, so that a packet that arrives during the poll raises the line again.
        self.raised[machine].store(false, Ordering::Release);
        Some(machine)
    }
}

/// The interrupt line of one machine.
#[derive(Clone, Debug)]
pub struct Line {
    controller: Arc<Controller>,
    machine: u32,
}

impl Line {
    pub fn new(controller: &Arc<Controller>, machine: usize) -> Self {
        assert!(machine < controller.raised.len(), "the controller has no such line");
        Self { controller: Arc::clone(controller), machine: machine as u32 }
    }

    pub fn raise(&self) {
        if !self.controller.raised[self.machine as usize].swap(true, Ordering::AcqRel) {
            self.controller.pending.lock().unwrap().push_back(self.machine);
        }
    }
}

/// One direction of a wire.
#[derive(Debug)]
struct Fifo {
    limit: usize,
    state: Mutex<FifoState>,
}

#[derive(Debug, Default)]
struct FifoState {
    /// A vector and no ring, because a machine takes all packets at once unless it is busy.
    packets: Vec<Mbuf>,
    /// The interrupt line of the machine at the far end.
    line: Option<Line>,
}

/// One end of a wire; an interface is plugged into it.
#[derive(Debug)]
pub struct Port {
    transmit: Arc<Fifo>,
    receive: Arc<Fifo>,
}

/// Creates a wire with room for `limit` packets in each direction.
pub fn wire(limit: usize) -> (Port, Port) {
    let fifo = || Arc::new(Fifo { limit, state: Mutex::default() });
    let (there, back) = (fifo(), fifo());
    (Port { transmit: Arc::clone(&there), receive: Arc::clone(&back) }, Port { transmit: back, receive: there })
}

impl Port {
    /// Sends a packet to the other end, or returns it if there is no room.
    pub fn transmit(&self, packet: Mbuf) -> Result<(), Mbuf> {
        let mut state = self.transmit.state.lock().unwrap();
        if state.packets.len() >= self.transmit.limit {
            return Err(packet);
        }
        state.packets.push(packet);
        // If a packet is in the queue already, the line was raised for that one.
        if state.packets.len() == 1
            && let Some(line) = &state.line
        {
            line.raise();
        }
        Ok(())
    }

    /// Takes at most `limit` packets from the other end; returns their number and bytes.
    pub fn receive(&self, limit: usize, into: &mut Vec<Mbuf>) -> (u64, u64) {
        let mut state = self.receive.state.lock().unwrap();
        let start = into.len();
        if state.packets.len() <= limit {
            into.append(&mut state.packets);
        } else {
            into.extend(state.packets.drain(..limit));
        }
        drop(state);
        let taken = &into[start..];
        (taken.len() as u64, taken.iter().map(|packet| packet.len() as u64).sum())
    }

    /// Takes the next packet from the other end.
    #[cfg(test)]
    pub fn receive_one(&self) -> Option<Mbuf> {
        let mut packet = Vec::new();
        self.receive(1, &mut packet);
        packet.pop()
    }

    /// Connects this end to the interrupt line of a machine, or to none.
    pub fn connect(&self, line: Option<Line>) {
        let mut state = self.receive.state.lock().unwrap();
        state.line = line;
        if let Some(line) = &state.line
            && !state.packets.is_empty()
        {
            line.raise();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_rings_for_the_machine_it_is_connected_to() {
        let controller = Controller::new(2);
        let (left, right) = wire(2);
        left.transmit(vec![1]).unwrap();
        assert_eq!(controller.next(), None);
        right.connect(Some(Line::new(&controller, 1)));
        left.transmit(vec![2]).unwrap();
        assert_eq!(left.transmit(vec![3]), Err(vec![3]));
        assert_eq!((controller.next(), controller.next()), (Some(1), None));
        assert_eq!(
            (right.receive_one(), right.receive_one(), right.receive_one()),
            (Some(vec![1]), Some(vec![2]), None)
        );
    }
}
