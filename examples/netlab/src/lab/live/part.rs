//! A part of a network, as one thread runs it in simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use vimage::Bound;
use vimage::kernel::Vnet;

use crate::hardware::{Controller, Time};
use crate::lab::address::address;
use crate::lab::flood::DISCARD;
use crate::stack::machine;
use crate::stack::netisr::netisr;
use crate::stack::udp::UdpSocket;

/// The time at which a datagram was sent is the first part of its payload.
const TIME: usize = size_of::<Time>();

/// Packets from one node to another at even distances.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub from: usize,
    pub to: usize,
    /// When the first one is sent.
    pub first: f64,
    /// Nanoseconds from one to the next.
    pub interval: f64,
}

/// What became of the packets that were sent within some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub sent: u64,
    pub delivered: u64,
    /// Nanoseconds: the sum, and the longest.
    pub delay: Time,
    pub longest: Time,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.delay += other.delay;
        self.longest = self.longest.max(other.longest);
    }
}

pub struct Part {
    controller: Arc<Controller>,
    machines: Arc<[Vnet]>,
    /// Those of the machines of this part.
    sockets: Vec<Option<Bound<UdpSocket>>>,
    streams: Vec<Stream>,
    /// The next packet of each stream: its time, the stream, its number.
    due: BinaryHeap<Reverse<(Time, usize, u64)>>,
    stop: Time,
    payload: Vec<u8>,
    /// The starts of the phases, in order.
    phases: Vec<Time>,
    tallies: Vec<Tally>,
}

impl Part {
    pub fn new(controller: Arc<Controller>, machines: Arc<[Vnet]>, sockets: Vec<Option<Bound<UdpSocket>>>) -> Self {
        Self {
            controller,
            machines,
            sockets,
            streams: Vec::new(),
            due: BinaryHeap::new(),
            stop: 0,
            payload: Vec::new(),
            phases: Vec::new(),
            tallies: Vec::new(),
        }
    }

    /// Sends these streams, with payloads of `size` bytes, until `stop`; counts by phases, which start at these times.
    pub fn send(&mut self, streams: Vec<Stream>, size: usize, stop: Time, phases: &[Time]) {
        let first = |(index, stream): (usize, &Stream)| Reverse((stream.first as Time, index, 0));
        self.due = streams.iter().enumerate().map(first).filter(|Reverse((time, ..))| *time < stop).collect();
        self.streams = streams;
        self.stop = stop;
        self.payload = vec![0; size.max(TIME)];
        self.phases = phases.to_vec();
        self.tallies = vec![Tally::default(); phases.len()];
    }

    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    pub fn controller(&self) -> &Arc<Controller> {
        &self.controller
    }

    /// The time of the next packet that a stream sends.
    pub fn due_time(&self) -> Time {
        self.due.peek().map_or(Time::MAX, |Reverse((time, ..))| *time)
    }

    /// The time of the first thing to do.
    fn next_time(&self) -> Time {
        let sending = self.due_time();
        self.controller.next_time().map_or(sending, |time| sending.min(time))
    }

    /// Does everything that happens before `end`.
    pub fn run_until(&mut self, end: Time) {
        loop {
            let now = self.next_time();
            if now >= end {
                return;
            }
            machine::set_clock(now);
            self.send_due(now);
            for machine in self.controller.take_due(now) {
                self.run(machine as usize);
            }
            // Machines that interrupt themselves, because they have more work.
            while let Some(machine) = self.controller.next() {
                self.run(machine);
            }
        }
    }

    fn send_due(&mut self, now: Time) {
        while let Some(&Reverse((time, index, number))) = self.due.peek()
            && time <= now
        {
            self.due.pop();
            let Stream { from, to, first, interval } = self.streams[index];
            self.payload[..TIME].copy_from_slice(&now.to_le_bytes());
            let socket = self.sockets[from].as_ref().expect("streams start in their part");
            // A drop is counted where it happens.
            _ = socket.enter(|socket| socket.send_to(address(to), DISCARD, None, &self.payload));
            let phase = self.phase(now);
            self.tallies[phase].sent += 1;
            let next = (first + interval * (number + 1) as f64) as Time;
            if next < self.stop {
                self.due.push(Reverse((next, index, number + 1)));
            }
        }
    }

    fn run(&mut self, machine: usize) {
        if self.machines[machine].enter(netisr) == 0 {
            return;
        }
        let Some(socket) = &self.sockets[machine] else { return };
        let now = machine::nanotime();
        while let Some(datagram) = socket.enter(UdpSocket::receive) {
            let Some(sent) = datagram.payload().first_chunk() else { continue };
            let sent = Time::from_le_bytes(*sent);
            let phase = self.phase(sent);
            let tally = &mut self.tallies[phase];
            tally.delivered += 1;
            tally.delay += now - sent;
            tally.longest = tally.longest.max(now - sent);
        }
    }

    fn phase(&self, time: Time) -> usize {
        self.phases.partition_point(|start| *start <= time).saturating_sub(1)
    }
}
