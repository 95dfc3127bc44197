//! `bench`: the cost of globals per instance, compared with a router that is passed as an argument.

use std::error::Error;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use vimage::link;
use vimage::prelude::*;

use crate::cli::args::Bench;
use crate::cli::output::{Report, warn};
use crate::cli::progress::Progress;
use crate::cli::style::{bold, grouped};
use crate::hardware::{Mbuf, wire};
use crate::lab::by_hand;
use crate::lab::flood::{self, Outcome};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::traffic;
use crate::stack::inet;

const SWITCHES: u32 = 1_000_000;
const MESSAGES: u32 = 200_000;
/// Less than the default capacity of a link.
const BATCH: u32 = 32;

pub fn bench(topology: &Topology, network: &Network, args: &Bench, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let flows = traffic::flows(&traffic::demands(topology, args.traffic)?, args.packets);
    if flows.is_empty() && args.packets > 0 {
        warn(&args.traffic.silence(topology));
    }
    let progress = Progress::new("building", topology.nodes.len() as u64, quiet);
    let routers = by_hand::Network::build(topology, |nodes| progress.inc(nodes));
    drop(progress);
    let packets: u64 = flows.iter().map(|flow| flow.packets).sum();
    let progress = Progress::new("measuring", 2 * u64::from(args.repeat) * packets, quiet);
    let count = |packets| progress.inc(packets);
    let (mut vnets, mut by_hand) = (Outcome::default(), Outcome::default());
    let (mut ratios, mut differences) = (Vec::new(), Vec::new());
    // Alternating, so that a disturbance affects both.
    let mut entries = 0;
    for _ in 0..args.repeat {
        let before = network.entries();
        let one = flood::flood(network, &flows, count)?;
        entries = network.entries() - before;
        let other = routers.flood(&flows, count);
        if one.links != other.links || one.delivered != other.delivered {
            return Err("the stack and its twin by hand counted different packets".into());
        }
        ratios.push(one.hops_per_second() / other.hops_per_second().max(f64::EPSILON));
        differences.push(per_hop(&one) - per_hop(&other));
        faster(&mut vnets, one);
        faster(&mut by_hand, other);
    }
    let best = |measure: &dyn Fn() -> Duration| (0..args.repeat).map(|_| measure()).min().unwrap_or_default();
    let switch = nanoseconds(best(&|| switches(network)), SWITCHES);
    let call = nanoseconds(best(&calls), SWITCHES);
    let on_wire = nanoseconds(best(&wires), MESSAGES);
    let on_link = nanoseconds(best(&links), MESSAGES);
    drop(progress);

    let (ratio, difference) = (median(ratios), median(differences));
    // Sending and receiving enter machines through sockets, which are not counted here.
    let entries = entries as f64 / vnets.hops.max(1) as f64;
    let switching = entries * (switch - call).max(0.0);
    let title = format!("{}: {} packets, {} packet-hops", topology.shown(), grouped(vnets.sent), grouped(vnets.hops));
    let mut text = format!("{}, best of {}\n", bold(title), args.repeat);
    for (name, outcome) in [("vnets", &vnets), ("by hand, with &Router", &by_hand)] {
        let rate = grouped(outcome.hops_per_second() as u64);
        _ = writeln!(text, "{name:<24} {rate:>12} packet-hops per second, {:>6.1} ns each", per_hop(outcome));
    }
    _ = writeln!(text, "{:<24} {ratio:>12.3} of the rate by hand, median of the pairs", "vnets");
    _ = writeln!(text, "{:<24} {difference:>12.1} ns per packet-hop more than by hand, median of the pairs", "vnets");
    _ = writeln!(text, "{:<24} {switch:>12.1} ns to enter, read a variable, and leave", "context switch");
    _ = writeln!(text, "{:<24} {call:>12.1} ns to read it in a context that is entered already", "");
    _ = writeln!(
        text,
        "{:<24} {switching:>12.1} ns per packet-hop, for each of which {entries:.3} machines are entered",
        ""
    );
    _ = writeln!(text, "{:<24} {on_wire:>12.1} ns per packet over a wire of the lab", "wire");
    _ = writeln!(text, "{:<24} {on_link:>12.1} ns per packet over a vimage::link", "link");
    let one = |outcome: &Outcome| json!({"hops_per_second": outcome.hops_per_second(), "ns_per_hop": per_hop(outcome)});
    let json = json!({
        "topology": topology.name, "sent": vnets.sent, "hops": vnets.hops,
        "vnets": one(&vnets), "by_hand": one(&by_hand), "ratio": ratio,
        "entries_per_hop": entries,
        "ns": {"more_per_hop": difference, "switching_per_hop": switching, "switch_and_read": switch, "read": call, "wire": on_wire, "link": on_link},
    });
    Ok(Report::new(text, json))
}

fn faster(best: &mut Outcome, new: Outcome) {
    if best.sent == 0 || new.duration < best.duration {
        *best = new;
    }
}

fn per_hop(outcome: &Outcome) -> f64 {
    outcome.duration.as_secs_f64() * 1e9 / outcome.hops.max(1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn nanoseconds(duration: Duration, count: u32) -> f64 {
    duration.as_secs_f64() * 1e9 / f64::from(count)
}

/// Enters a machine for each read, a different one each time if there are several.
fn switches(network: &Network) -> Duration {
    let start = Instant::now();
    for turn in 0..SWITCHES as usize {
        black_box(network.on(turn % network.len(), inet::ip_ttl));
    }
    start.elapsed()
}

fn calls() -> Duration {
    let base = Vnet::base().expect("the network has been built");
    base.enter(|| {
        let start = Instant::now();
        for _ in 0..SWITCHES {
            black_box(inet::ip_ttl());
        }
        start.elapsed()
    })
}

fn packet() -> Mbuf {
    vec![0; 60]
}

fn wires() -> Duration {
    let (left, right) = wire(BATCH as usize, None);
    let mut packets: Vec<Mbuf> = (0..BATCH).map(|_| packet()).collect();
    let start = Instant::now();
    for _ in 0..MESSAGES / BATCH {
        for packet in packets.drain(..) {
            left.transmit(packet, 0).expect("there is room");
        }
        right.receive(BATCH as usize, 0, &mut packets);
    }
    start.elapsed()
}

fn links() -> Duration {
    let base = Vnet::base().expect("the network has been built");
    let (left, right) = link::pair::<Mbuf>(&base, &base).expect("the base machine is not shut down");
    let mut packets: Vec<Mbuf> = (0..BATCH).map(|_| packet()).collect();
    let start = Instant::now();
    for _ in 0..MESSAGES / BATCH {
        for packet in packets.drain(..) {
            left.try_send(packet).expect("there is room");
        }
        packets.extend(std::iter::from_fn(|| right.try_recv().ok()));
    }
    start.elapsed()
}
