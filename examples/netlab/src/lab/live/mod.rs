//! A network that lives: packets take time, routers find their routes themselves, links fail.

mod clockwork;
mod crew;
mod part;
mod partition;
mod running;
mod session;
mod story;

use std::collections::BTreeMap;
use std::error::Error;

use crate::hardware::Time;
use crate::lab::live::running::{Live, SECOND, seconds};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::linkstate;
use crate::stack::machine;
use crate::stack::udp::UdpBindError;
pub use running::parts;
pub use session::Session;
pub use story::{Change, Event, Phase, Sample, Scenario, Story};

/// Packets that are under way at the end arrive within this time.
const DRAIN: Time = 2 * SECOND;

/// Creates the machines and the wires, without routes.
pub fn build(topology: &Topology, scenario: &Scenario, progress: impl Fn(u64)) -> Result<Network, Box<dyn Error>> {
    let name = |node: usize| topology.nodes[node].name.as_str();
    let names = (0..topology.nodes.len()).map(name).inspect(|_| progress(1));
    let mut network = Network::in_parts(names, |node| scenario.parts[node])?;
    network.lay(topology, Some(&scenario.properties))?;
    Ok(network)
}

/// Starts the routers, waits until they have found their routes, and plays the scenario. Calls `progress` with the
/// nanoseconds that have passed.
pub fn play(
    topology: &Topology,
    network: &Network,
    scenario: &Scenario,
    progress: impl Fn(u64),
) -> Result<Story, UdpBindError> {
    let mut live = Live::new(topology, network, scenario)?;
    let start = live.start();
    let zero = live.now;
    let times: Vec<Time> = std::iter::once(0).chain(scenario.events.iter().map(|event| event.time)).collect();
    let phases: Vec<Time> = times.iter().map(|time| zero + time).collect();
    live.send(scenario, &phases);
    (live.sampling.zero, live.sampling.next) = (zero, zero + live.sampling.step);
    live.sampling.lost = live.counters().lost.values().sum();
    let mut done = Vec::new();
    for (index, from) in phases.iter().copied().enumerate() {
        let event = index.checked_sub(1).map(|event| &scenario.events[event]);
        let until = phases.get(index + 1).copied().unwrap_or(zero + scenario.duration);
        done.push(live.phase(from, until, event));
        progress((until - from) as u64);
    }
    live.sampling.next = Time::MAX;
    // What is lost now was sent in the last phase.
    let before = live.counters();
    live.run_until(live.now + DRAIN);
    let mut phases = done;
    if let Some(last) = phases.last_mut() {
        add(&mut last.lost, &live.counters().since(&before).lost);
    }
    for (index, (phase, tally)) in phases.iter_mut().zip(live.tallies()).enumerate() {
        (phase.sent, phase.delivered) = (tally.sent, tally.delivered);
        phase.mean_delay = milliseconds(tally.delay) / tally.delivered.max(1) as f64;
        phase.longest_delay = milliseconds(tally.longest);
        phase.from = seconds(times[index]);
    }
    let stats = network.vnets().iter().map(|machine| machine.enter(linkstate::ls_stat));
    let messages = stats.map(|stat| stat.sent).sum();
    let hops = live.counters().links.iter().map(|(forward, backward)| forward + backward).sum();
    machine::set_clock(0);
    Ok(Story { start, phases, samples: live.sampling.samples, messages, hops })
}

fn milliseconds(time: Time) -> f64 {
    time as f64 / 1e6
}

fn add(to: &mut BTreeMap<&'static str, u64>, more: &BTreeMap<&'static str, u64>) {
    more.iter().for_each(|(reason, count)| *to.entry(reason).or_default() += count);
}
