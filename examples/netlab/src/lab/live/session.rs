//! A network that runs on: somebody looks at it and changes it meanwhile.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hardware::Time;
use crate::lab::live::running::{Counters, Live, SECOND, seconds};
use crate::lab::live::story::{Change, Event, Scenario};
use crate::lab::loads;
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::udp::UdpBindError;

/// Loads are those of this time.
const WINDOW: Time = SECOND / 2;

pub struct Session<'n> {
    live: Live<'n>,
    /// When the traffic started.
    zero: Time,
    links: Vec<Change>,
    /// When the counters were read last, and what they were.
    read: (Time, Counters),
    /// The packets of each link in the last window.
    window: Vec<(u64, u64)>,
    delivered: u64,
    /// Packets per second that were delivered and lost in the last window.
    rates: (f64, f64),
}

/// What is to be seen of a network that runs.
#[derive(Debug, Serialize)]
pub struct Running {
    /// Seconds since the traffic started.
    pub time: f64,
    pub sent: u64,
    pub delivered: u64,
    pub lost: BTreeMap<&'static str, u64>,
    /// Packets per second that were delivered and lost in the last window.
    pub delivery_rate: f64,
    pub loss_rate: f64,
    /// Seconds since the traffic started at which a route changed last; negative if before.
    pub routes_changed: f64,
    pub links: Vec<RunningLink>,
}

#[derive(Debug, Serialize)]
pub struct RunningLink {
    pub state: Change,
    /// Packets per second in the last window, from source to target and back.
    pub rates: (f64, f64),
    /// The same in percent of the busiest direction.
    pub loads: (f64, f64),
    /// The packets that wait at both ends.
    pub queues: (usize, usize),
}

impl<'n> Session<'n> {
    /// Starts the routers, waits until they have found their routes, and starts the traffic.
    pub fn start(topology: &'n Topology, network: &'n Network, scenario: &'n Scenario) -> Result<Self, UdpBindError> {
        let mut live = Live::new(topology, network, scenario)?;
        live.start();
        let zero = live.now;
        live.send(scenario, &[zero]);
        let links = vec![Change::Up; topology.edges.len()];
        let (read, window) = ((zero, live.counters()), vec![(0, 0); links.len()]);
        Ok(Self { live, zero, links, read, window, delivered: 0, rates: (0.0, 0.0) })
    }

    /// Simulated nanoseconds since the traffic started.
    pub fn time(&self) -> Time {
        self.live.now - self.zero
    }

    pub fn run_until(&mut self, time: Time) {
        let end = self.zero + time;
        while self.read.0 + WINDOW <= end {
            self.live.run_until(self.read.0 + WINDOW);
            self.read_counters();
        }
        self.live.run_until(end);
    }

    fn read_counters(&mut self) {
        let now = self.live.counters();
        let new = now.since(&self.read.1);
        let delivered: u64 = self.live.tallies().iter().map(|tally| tally.delivered).sum();
        self.rates = (per_second(delivered - self.delivered), per_second(new.lost.values().sum()));
        self.delivered = delivered;
        self.window = new.links;
        self.read = (self.live.now, now);
    }

    /// Takes a link down, cuts it, or mends it.
    pub fn change(&mut self, link: usize, change: Change) {
        self.live.apply(&Event { time: self.time(), change, links: vec![link], text: String::new() });
        self.links[link] = change;
    }

    pub fn look(&self) -> Running {
        let Self { live, zero, .. } = self;
        let loads = loads::percent_of_packets(&self.window);
        let link = |index: usize| {
            let (there, back) = self.window[index];
            let ends = &live.network.links()[index];
            RunningLink {
                state: self.links[index],
                rates: (per_second(there), per_second(back)),
                loads: loads[index],
                queues: (ends.source.waiting(), ends.target.waiting()),
            }
        };
        let tallies = live.tallies();
        Running {
            time: seconds(self.time()),
            sent: tallies.iter().map(|tally| tally.sent).sum(),
            delivered: tallies.iter().map(|tally| tally.delivered).sum(),
            lost: live.counters().lost.into_iter().filter(|(_, count)| *count > 0).collect(),
            delivery_rate: self.rates.0,
            loss_rate: self.rates.1,
            routes_changed: seconds(live.last_change() - zero),
            links: (0..self.links.len()).map(link).collect(),
        }
    }
}

/// The packets of a window as a rate.
fn per_second(packets: u64) -> f64 {
    packets as f64 / seconds(WINDOW)
}
