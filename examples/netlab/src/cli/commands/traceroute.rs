//! `traceroute`: the routers on the way, which report that the time to live has expired.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::net::Ipv4Addr;

use serde_json::json;

use crate::cli::output::Report;
use crate::cli::style::bold;
use crate::hardware::Time;
use crate::lab::address::{address, name, place};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::icmp::{IcmpSocket, Message};
use crate::stack::machine;
use crate::stack::udp::UdpSocket;

const SOURCE_PORT: u16 = 33433;
/// No socket has this port, so that the target reports that it is unreachable.
const TARGET_PORT: u16 = 33434;
const PROBES: usize = 6;
const MOST_HOPS: u8 = 64;

/// The routers that answered the probes with one time to live, and how often.
#[derive(Default)]
struct Hop {
    routers: BTreeMap<Ipv4Addr, usize>,
    /// Nanoseconds to each answer, in simulated time.
    times: Vec<Time>,
    reached: bool,
    unreachable: bool,
}

impl Hop {
    fn milliseconds(&self) -> impl Iterator<Item = f64> {
        self.times.iter().map(|time| *time as f64 / 1e6)
    }
}

pub fn traceroute(
    topology: &Topology,
    network: &Network,
    source: usize,
    target: usize,
) -> Result<Report, Box<dyn Error>> {
    let to = address(target);
    let udp = network.on(source, || UdpSocket::bind(SOURCE_PORT))?;
    let icmp = network.on(source, IcmpSocket::open)?;
    let mut hops = Vec::new();
    for ttl in 1..=MOST_HOPS {
        let mut hop = Hop::default();
        for _ in 0..PROBES {
            let sent = machine::nanotime();
            // A probe that is not sent gets no answer.
            _ = udp.enter(|udp| udp.send_to(to, TARGET_PORT, Some(ttl), &[0; 12]));
            network.settle();
            while let Some(received) = icmp.enter(IcmpSocket::receive) {
                *hop.routers.entry(received.from).or_default() += 1;
                hop.times.push(machine::nanotime() - sent);
                if let Message::Unreachable { destination, .. } = received.message {
                    hop.reached |= destination == received.from;
                    hop.unreachable |= destination != received.from;
                }
            }
        }
        let last = hop.reached || hop.unreachable || hop.routers.is_empty();
        hops.push(hop);
        if last {
            break;
        }
    }
    let reached = hops.last().is_some_and(|hop| hop.reached);
    let (from, title) = (&topology.nodes[source], place(topology, to));
    let mut text =
        format!("{}\n", bold(format!("traceroute to {title} from {}, {PROBES} probes per hop", from.shown())));
    for (hop, number) in hops.iter().zip(1..) {
        let routers: Vec<String> =
            hop.routers.iter().map(|(address, answers)| format!("{} x{answers}", place(topology, *address))).collect();
        let routers = if routers.is_empty() { "* no answer".to_owned() } else { routers.join(", ") };
        let note = if hop.unreachable { " !H" } else { "" };
        let times: Vec<f64> = hop.milliseconds().collect();
        let (least, most) = (times.iter().copied().fold(f64::MAX, f64::min), times.iter().copied().fold(0.0, f64::max));
        let times = if times.is_empty() { String::new() } else { format!("  {least:.3} to {most:.3} ms") };
        _ = writeln!(text, "{number:>3}  {routers}{times}{note}");
    }
    let router = |(address, answers): (&Ipv4Addr, &usize)| json!({"address": address, "name": name(topology, *address), "answers": answers});
    let json = json!({
        "source": from.name, "target": topology.nodes[target].name, "reached": reached,
        "milliseconds": hops.iter().map(|hop| hop.milliseconds().collect::<Vec<_>>()).collect::<Vec<_>>(),
        "hops": hops.iter().map(|hop| hop.routers.iter().map(router).collect::<Vec<_>>()).collect::<Vec<_>>(),
    });
    Ok(Report { text, json, success: reached })
}
