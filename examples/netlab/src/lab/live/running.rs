//! A network and its parts, while they run.

use std::collections::BTreeMap;
use std::sync::Arc;

use vimage::Bound;
use vimage::kernel::Vnet;

use crate::hardware::{Properties, Time};
use crate::lab::address::address;
use crate::lab::flood::{self, DISCARD};
use crate::lab::live::clockwork::Clockwork;
use crate::lab::live::part::{Part, Stream, Tally};
use crate::lab::live::partition::{Link, partition};
use crate::lab::live::story::{Change, Event, Phase, Sample, Scenario};
use crate::lab::loads;
use crate::lab::network::{Network, next_hop};
use crate::lab::routing::{Distances, Neighbours};
use crate::lab::topology::Topology;
use crate::lab::traffic::{self, Demand};
use crate::stack::inet::{self, NextHop, Prefix};
use crate::stack::linkstate;
use crate::stack::machine;
use crate::stack::udp::{UdpBindError, UdpSocket};

pub const SECOND: Time = 1_000_000_000;
/// How often it is checked whether the routes are right.
const SLICE: Time = SECOND / 50;
/// Routers that have not found all routes after this time do not find them.
const PATIENCE: Time = 120 * SECOND;
/// The number of samples of a simulation.
const SAMPLES: Time = 200;

/// A network and its parts, while they run.
pub struct Live<'n> {
    topology: &'n Topology,
    pub network: &'n Network,
    clockwork: Clockwork,
    pub now: Time,
    is_up: Vec<bool>,
    demands: &'n [Demand],
    pub sampling: Sampling,
}

/// The samples so far, and what is needed for the next one.
pub struct Sampling {
    pub zero: Time,
    pub step: Time,
    pub next: Time,
    pub delivered: u64,
    pub lost: u64,
    pub samples: Vec<Sample>,
}

/// Counters that only grow.
pub struct Counters {
    pub links: Vec<(u64, u64)>,
    pub lost: BTreeMap<&'static str, u64>,
}

/// Splits the nodes into one part for each thread, for traffic of `rate` packets per second.
pub fn parts(
    topology: &Topology,
    properties: &[Properties],
    demands: &[Demand],
    rate: f64,
    threads: usize,
) -> Vec<usize> {
    let nodes = topology.nodes.len();
    if threads <= 1 {
        return vec![0; nodes];
    }
    let total: f64 = demands.iter().map(|demand| demand.weight).sum();
    let packets = |load: f64| if total > 0.0 { load * rate / total } else { 0.0 };
    let loads = loads::exact(&Neighbours::new(nodes, &topology.edges), topology.edges.len(), demands);
    let links = topology.edges.iter().zip(properties).zip(loads).map(|((edge, properties), (there, back))| Link {
        ends: (edge.source, edge.target),
        delay: properties.delay,
        loads: (packets(there), packets(back)),
    });
    partition(nodes, &links.collect::<Vec<_>>(), threads.min(nodes))
}

pub fn seconds(time: Time) -> f64 {
    time as f64 / 1e9
}

impl Counters {
    /// What was counted since then.
    pub fn since(&self, before: &Self) -> Self {
        let pairs = self.links.iter().zip(&before.links);
        let of = |reason| before.lost.get(reason).copied().unwrap_or(0);
        let lost = self.lost.iter().map(|(reason, count)| (*reason, count - of(reason)));
        Self {
            links: pairs.map(|(now, before)| (now.0 - before.0, now.1 - before.1)).collect(),
            lost: lost.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

impl<'n> Live<'n> {
    pub fn new(topology: &'n Topology, network: &'n Network, scenario: &'n Scenario) -> Result<Self, UdpBindError> {
        let part_of = &scenario.parts;
        let machines: Arc<[Vnet]> = network.vnets().into();
        let mut parts = Vec::new();
        for (part, controller) in network.controllers().iter().enumerate() {
            let socket = |node: usize| -> Result<Option<Bound<UdpSocket>>, UdpBindError> {
                if part_of[node] != part {
                    return Ok(None);
                }
                network.on(node, || UdpSocket::bind(DISCARD)).map(Some)
            };
            let sockets = (0..network.len()).map(socket).collect::<Result<_, _>>()?;
            parts.push(Part::new(controller.clone(), Arc::clone(&machines), sockets));
        }
        let crossing = topology.edges.iter().zip(&scenario.properties);
        let crossing = crossing.filter(|(edge, _)| part_of[edge.source] != part_of[edge.target]);
        let look_ahead = crossing.map(|(_, properties)| properties.delay).min().unwrap_or(Time::MAX);
        let clockwork = Clockwork::new(parts, look_ahead);
        machine::set_clock(0);
        let is_up = vec![true; topology.edges.len()];
        let step = (scenario.duration / SAMPLES).max(1);
        let sampling = Sampling { zero: 0, step, next: Time::MAX, delivered: 0, lost: 0, samples: Vec::new() };
        Ok(Self { topology, network, clockwork, now: 0, is_up, demands: &scenario.demands, sampling })
    }

    /// Starts the routers and waits until they have found their routes; returns when the last one was found. The time is
    /// that of a full second then.
    pub fn start(&mut self) -> Option<f64> {
        for machine in self.network.vnets() {
            machine.enter(linkstate::ls_start);
        }
        let start = self.converge(PATIENCE).then(|| seconds(self.last_change()));
        self.now = self.now / SECOND * SECOND + SECOND;
        self.run_until(self.now);
        start
    }

    pub fn run_until(&mut self, time: Time) {
        while self.sampling.next <= time {
            self.advance(self.sampling.next);
            self.sample();
        }
        self.advance(time);
    }

    fn advance(&mut self, time: Time) {
        self.clockwork.run_until(time);
        self.now = time;
        machine::set_clock(time);
    }

    /// What became of the packets of each phase.
    pub fn tallies(&self) -> Vec<Tally> {
        let mut sums = Vec::new();
        for part in self.clockwork.parts() {
            sums.resize(part.tallies().len(), Tally::default());
            sums.iter_mut().zip(part.tallies()).for_each(|(sum, tally)| sum.add(*tally));
        }
        sums
    }

    fn sample(&mut self) {
        let delivered = self.tallies().iter().map(|tally| tally.delivered).sum();
        let lost = self.counters().lost.values().sum();
        let links = self.network.links().iter();
        let queue = links.map(|link| link.source.waiting().max(link.target.waiting())).max().unwrap_or(0);
        let Sampling { zero, step, next, delivered: delivered_before, lost: lost_before, samples } = &mut self.sampling;
        samples.push(Sample {
            time: seconds(*next - *zero),
            delivered: delivered - *delivered_before,
            lost: lost - *lost_before,
            queue,
        });
        (*delivered_before, *lost_before) = (delivered, lost);
        *next += *step;
    }

    /// Runs until the routes are those of the shortest paths; returns whether they are after `patience`.
    pub fn converge(&mut self, patience: Time) -> bool {
        let end = self.now + patience;
        // The number of computations that were seen at the last check.
        let mut seen = None;
        while self.now < end {
            let runs = self.spf_runs();
            if seen != Some(runs) && self.routes_are_right() {
                return true;
            }
            seen = Some(runs);
            self.run_until((self.now + SLICE).min(end));
        }
        self.routes_are_right()
    }

    fn spf_runs(&self) -> u64 {
        self.network.vnets().iter().map(|machine| machine.enter(linkstate::ls_stat).spf_runs).sum()
    }

    /// The time of the last change of a route.
    pub fn last_change(&self) -> Time {
        let changed = self.network.vnets().iter().map(|machine| machine.enter(linkstate::ls_stat).routes_changed);
        changed.max().unwrap_or(0)
    }

    fn neighbours(&self) -> Neighbours {
        Neighbours::of_links(self.topology.nodes.len(), &self.topology.edges, |edge| self.is_up[edge])
    }

    /// Compares the routes of all machines with the shortest paths.
    fn routes_are_right(&self) -> bool {
        let neighbours = self.neighbours();
        let mut expected = vec![Vec::new(); neighbours.len()];
        let mut distances = Distances::default();
        for destination in 0..neighbours.len() {
            neighbours.distances(destination, &mut distances);
            for (node, routes) in expected.iter_mut().enumerate() {
                let next_hops: Vec<NextHop> = neighbours.next_hops(&distances, node).map(next_hop).collect();
                if !next_hops.is_empty() {
                    routes.push((Prefix::host(address(destination)), next_hops));
                }
            }
        }
        let mut machines = self.network.vnets().iter().zip(&expected);
        machines.all(|(machine, expected)| machine.enter(inet::rt_list) == *expected)
    }

    pub fn counters(&self) -> Counters {
        let links = self.network.links();
        let mut lost = flood::dropped(self.network);
        let on_wires = links.iter().map(|link| link.source.lost() + link.target.lost()).sum();
        lost.insert("wire", on_wires);
        Counters { links: flood::links(self.network), lost }
    }

    /// Starts the streams of all parts.
    pub fn send(&mut self, scenario: &Scenario, phases: &[Time]) {
        let total: f64 = scenario.demands.iter().map(|demand| demand.weight).sum();
        let stream = |(index, demand): (usize, &Demand)| {
            let interval = 1e9 * total / (scenario.rate * demand.weight);
            // Not all streams at the same time.
            let first = phases[0] as f64 + interval * traffic::spread(index);
            Stream { from: demand.from, to: demand.to, first, interval }
        };
        let sending = scenario.demands.iter().enumerate().filter(|(_, demand)| demand.weight > 0.0);
        let streams: Vec<Stream> = sending.map(stream).collect();
        let stop = phases[0] + scenario.duration;
        for (index, mut part) in self.clockwork.parts().enumerate() {
            let own = streams.iter().filter(|stream| scenario.parts[stream.from] == index).copied().collect();
            part.send(own, scenario.size, stop, phases);
        }
    }

    pub fn apply(&mut self, Event { change, links, .. }: &Event) {
        for &link in links {
            let ends = &self.network.links()[link];
            self.is_up[link] = *change == Change::Up;
            ends.source.cut(*change != Change::Up);
            if *change != Change::Cut {
                self.network.set_up(link, *change == Change::Up);
                let edge = self.topology.edges[link];
                for node in [edge.source, edge.target] {
                    self.network.on(node, linkstate::ls_link_changed);
                }
            }
        }
    }

    /// Runs from one event to the next.
    pub fn phase(&mut self, from: Time, until: Time, event: Option<&Event>) -> Phase {
        self.run_until(from);
        let before = self.counters();
        if let Some(event) = event {
            self.apply(event);
        }
        let converged = self.converge(until - from);
        let convergence = converged.then(|| seconds((self.last_change() - from).max(0)));
        let after = self.counters();
        self.run_until(until);
        let end = self.counters();
        let exact = loads::exact(&self.neighbours(), self.topology.edges.len(), self.demands);
        let exact = loads::percent(exact.into_iter());
        let loads = loads::percent_of_packets(&end.since(&after).links);
        Phase {
            from: 0.0,
            event: event.map(|event| event.text.clone()),
            convergence,
            sent: 0,
            delivered: 0,
            lost: end.since(&before).lost,
            mean_delay: 0.0,
            longest_delay: 0.0,
            error: loads::difference(&loads, &exact),
            loads,
            exact,
        }
    }
}
