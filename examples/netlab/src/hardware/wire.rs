//! Wires: without time, or with delay, bandwidth, a queue and loss.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::hardware::line::Line;
use crate::hardware::units::{Mbuf, Time};

/// What a wire does to packets, in each direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Properties {
    /// Nanoseconds from one end to the other.
    pub delay: Time,
    /// Bits per second; 0 for as many as there are.
    pub bandwidth: u64,
    /// The number of packets that may wait to be sent.
    pub queue: usize,
    /// The part of the packets that is lost.
    pub loss: f64,
    /// Where the pseudo-random numbers of the loss start.
    pub seed: u64,
}

/// One direction of a wire.
#[derive(Debug)]
struct Fifo {
    limit: usize,
    /// Without them, packets arrive at once.
    properties: Option<Properties>,
    state: Mutex<FifoState>,
}

#[derive(Debug, Default)]
struct FifoState {
    /// A vector and no ring, because a machine takes all packets at once unless it is busy.
    packets: Vec<Mbuf>,
    /// The interrupt line of the machine at the far end.
    line: Option<Line>,
    timed: Timed,
}

/// The state of a wire on which packets take time.
#[derive(Debug, Default)]
struct Timed {
    /// When the packets arrive.
    arrivals: VecDeque<Time>,
    /// When packets that wait start to be sent.
    starts: VecDeque<Time>,
    /// When the last packet is sent.
    busy_until: Time,
    random: u64,
    is_cut: bool,
    lost: u64,
}

/// One end of a wire; an interface is plugged into it.
#[derive(Debug)]
pub struct Port {
    transmit: Arc<Fifo>,
    receive: Arc<Fifo>,
}

/// Creates a wire with room for `limit` packets in each direction; with `properties`, packets take time.
pub fn wire(limit: usize, properties: Option<Properties>) -> (Port, Port) {
    let fifo = |direction: u64| {
        let mut state = FifoState::default();
        // Any number but 0; neighbouring seeds must not lead to similar numbers.
        let seed = properties.map_or(0, |properties| properties.seed);
        state.timed.random = splitmix(seed.wrapping_mul(2).wrapping_add(direction)) | 1;
        Arc::new(Fifo { limit, properties, state: Mutex::new(state) })
    };
    let (there, back) = (fifo(0), fifo(1));
    (Port { transmit: Arc::clone(&there), receive: Arc::clone(&back) }, Port { transmit: back, receive: there })
}

fn splitmix(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Timed {
    /// Returns whether the next packet is lost: xorshift64*.
    fn loses(&mut self, loss: f64) -> bool {
        if loss <= 0.0 {
            return false;
        }
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let number = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        (number as f64) < loss * (1_u64 << 53) as f64
    }

    /// The number of packets that wait to be sent.
    fn waiting(&mut self, now: Time) -> usize {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        self.starts.len()
    }
}

impl FifoState {
    /// Sends a packet that arrives later; returns it if the queue is full.
    fn transmit_timed(&mut self, properties: &Properties, packet: Mbuf, now: Time) -> Result<(), Mbuf> {
        let Properties { delay, bandwidth, queue, loss, .. } = *properties;
        let timed = &mut self.timed;
        if timed.waiting(now) >= queue.max(1) {
            return Err(packet);
        }
        let start = now.max(timed.busy_until);
        let duration = (packet.len() as u64 * 8_000_000_000).checked_div(bandwidth).unwrap_or(0);
        timed.busy_until = start + duration as Time;
        if start > now {
            timed.starts.push_back(start);
        }
        if timed.is_cut || timed.loses(loss) {
            timed.lost += 1;
            return Ok(());
        }
        let arrival = timed.busy_until + delay;
        timed.arrivals.push_back(arrival);
        self.packets.push(packet);
        if let Some(line) = &self.line {
            line.raise_at(arrival);
        }
        Ok(())
    }
}

impl Port {
    /// Sends a packet to the other end, or returns it if there is no room.
    pub fn transmit(&self, packet: Mbuf, now: Time) -> Result<(), Mbuf> {
        let mut state = self.transmit.state.lock().unwrap();
        if let Some(properties) = &self.transmit.properties {
            return state.transmit_timed(properties, packet, now);
        }
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

    /// Takes at most `limit` packets that have arrived from the other end; returns their number and bytes.
    pub fn receive(&self, limit: usize, now: Time, into: &mut Vec<Mbuf>) -> (u64, u64) {
        let mut state = self.receive.state.lock().unwrap();
        let start = into.len();
        let count = if self.receive.properties.is_none() {
            limit.min(state.packets.len())
        } else {
            let arrived = state.timed.arrivals.iter().take(limit).take_while(|arrival| **arrival <= now).count();
            state.timed.arrivals.drain(..arrived);
            arrived
        };
        if count == state.packets.len() {
            into.append(&mut state.packets);
        } else {
            into.extend(state.packets.drain(..count));
        }
        drop(state);
        let taken = &into[start..];
        (taken.len() as u64, taken.iter().map(|packet| packet.len() as u64).sum())
    }

    /// Takes the next packet from the other end.
    #[cfg(test)]
    pub fn receive_one(&self) -> Option<Mbuf> {
        let mut packet = Vec::new();
        self.receive(1, Time::MAX, &mut packet);
        packet.pop()
    }

    /// Cuts the wire or mends it. The packets on it are lost, as are those that are sent while it is cut.
    pub fn cut(&self, is_cut: bool) {
        for fifo in [&self.transmit, &self.receive] {
            let mut state = fifo.state.lock().unwrap();
            let on_it = std::mem::take(&mut state.packets);
            state.timed.arrivals.clear();
            state.timed.is_cut = is_cut;
            state.timed.lost += on_it.len() as u64;
        }
    }

    /// The number of packets from this end that the wire has lost.
    pub fn lost(&self) -> u64 {
        self.transmit.state.lock().unwrap().timed.lost
    }

    /// The number of packets that wait to be sent from this end.
    pub fn waiting(&self, now: Time) -> usize {
        self.transmit.state.lock().unwrap().timed.waiting(now)
    }

    /// Connects this end to the interrupt line of a machine, or to none.
    pub fn connect(&self, line: Option<Line>) {
        let mut state = self.receive.state.lock().unwrap();
        state.line = line;
        let Some(line) = &state.line else { return };
        match state.timed.arrivals.front() {
            Some(arrival) => line.raise_at(*arrival),
            None if !state.packets.is_empty() => line.raise(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::line::Controller;

    #[test]
    fn a_wire_rings_for_the_machine_it_is_connected_to() {
        let controller = Controller::new(2);
        let (left, right) = wire(2, None);
        left.transmit(vec![1], 0).unwrap();
        assert_eq!(controller.next(), None);
        right.connect(Some(Line::new(&controller, 1)));
        left.transmit(vec![2], 0).unwrap();
        assert_eq!(left.transmit(vec![3], 0), Err(vec![3]));
        assert_eq!((controller.next(), controller.next()), (Some(1), None));
        assert_eq!(
            (right.receive_one(), right.receive_one(), right.receive_one()),
            (Some(vec![1]), Some(vec![2]), None)
        );
    }

    const PROPERTIES: Properties = Properties { delay: 1_000, bandwidth: 8_000_000_000, queue: 2, loss: 0.0, seed: 1 };

    fn arrived(port: &Port, now: Time) -> usize {
        let mut packets = Vec::new();
        port.receive(99, now, &mut packets);
        packets.len()
    }

    #[test]
    fn packets_take_their_time_and_queue() {
        let controller = Controller::new(1);
        let (left, right) = wire(9, Some(PROPERTIES));
        right.connect(Some(Line::new(&controller, 0)));
        // One is sent, for 100 ns; two wait; there is no room for the fourth.
        let sent: Vec<bool> = (0..4).map(|_| left.transmit(vec![0; 100], 50).is_ok()).collect();
        assert_eq!(sent, [true, true, true, false]);
        for (time, count) in [(1_149, 0), (1_150, 1), (1_249, 0), (9_999, 2)] {
            assert_eq!((arrived(&right, time), time), (count, time));
        }
        assert_eq!((controller.next(), controller.next_time()), (None, Some(1_150)));
        // Later there is room again.
        assert!(left.transmit(vec![0; 100], 151).is_ok());
        assert_eq!((arrived(&right, 1_449), arrived(&right, 1_450)), (0, 1));
    }

    #[test]
    fn packets_are_lost_by_chance_that_can_be_repeated() {
        let run = |seed| {
            let (left, right) = wire(9, Some(Properties { loss: 0.25, seed, ..PROPERTIES }));
            let arrived: Vec<usize> = (0..4_000)
                .map(|turn| {
                    left.transmit(vec![0], turn * 10_000).unwrap();
                    arrived(&right, turn * 10_000 + 5_000)
                })
                .collect();
            assert_eq!(left.lost() as usize, 4_000 - arrived.iter().sum::<usize>());
            arrived
        };
        assert!((900..1_100).contains(&run(7).iter().filter(|count| **count == 0).count()));
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_cut_wire_loses_what_is_on_it() {
        let (left, right) = wire(9, Some(PROPERTIES));
        left.transmit(vec![1], 0).unwrap();
        left.cut(true);
        left.transmit(vec![2], 100).unwrap();
        assert_eq!((arrived(&right, 9_999), left.lost(), right.lost()), (0, 2, 0));
        left.cut(false);
        left.transmit(vec![3], 10_000).unwrap();
        assert_eq!((arrived(&right, 99_999), left.lost()), (1, 2));
    }
}
