//! Sends traffic through a network and counts what arrives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vimage::Bound;

use crate::lab::address::address;
use crate::lab::loads::{self, Amounts};
use crate::lab::network::Network;
use crate::lab::traffic::Flow;
use crate::stack::inet;
use crate::stack::udp::{UdpBindError, UdpSocket};

/// The port of the discard service.
pub const DISCARD: u16 = 9;
/// The maximum number of packets in flight: less than a wire or a socket holds.
pub const UNDER_WAY: u64 = 2048;
pub const PAYLOAD: [u8; 32] = *b"the quick brown fox jumps over a";

/// The result of sending traffic.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub sent: u64,
    pub delivered: u64,
    pub dropped: BTreeMap<&'static str, u64>,
    /// The number of times that a packet crossed a link.
    pub hops: u64,
    pub duration: Duration,
    /// Packets on each link, from source to target and back.
    pub links: Vec<(u64, u64)>,
}

impl Outcome {
    /// The loads of the links in percent of the most loaded direction.
    pub fn loads(&self) -> Amounts<f64> {
        loads::percent_of_packets(&self.links)
    }

    pub fn hops_per_second(&self) -> f64 {
        self.hops as f64 / self.duration.as_secs_f64().max(f64::EPSILON)
    }
}

/// Splits the flows into pieces that are spread evenly over time. Calls `send` with each piece, and `pause` when
/// [`UNDER_WAY`] packets are in flight.
pub fn schedule(flows: &[Flow], mut send: impl FnMut(Flow), mut pause: impl FnMut(u64)) {
    let total: u64 = flows.iter().map(|flow| flow.packets).sum();
    let busiest = flows.iter().map(|flow| flow.packets).max().unwrap_or(0);
    // With more rounds than the busiest flow has packets, each flow would be idle in most of them.
    let rounds = total.div_ceil(UNDER_WAY).min(busiest).max(1);
    let mut under_way = 0;
    for round in 0..rounds {
        for flow in flows {
            let (each, rest) = (flow.packets / rounds, flow.packets % rounds);
            // No overflow: both are less than the number of rounds, which is below 2^32.
            let packets = each + rest * (round + 1) / rounds - rest * round / rounds;
            if packets == 0 {
                continue;
            }
            if under_way + packets > UNDER_WAY {
                pause(under_way);
                under_way = 0;
            }
            send(Flow { packets, ..*flow });
            under_way += packets;
        }
    }
    pause(under_way);
}

/// Sends the flows through the network; calls `progress` with the number of packets that have arrived or were dropped.
pub fn flood(network: &Network, flows: &[Flow], progress: impl Fn(u64)) -> Result<Outcome, UdpBindError> {
    let sockets: Vec<Bound<UdpSocket>> =
        (0..network.len()).map(|node| network.on(node, || UdpSocket::bind(DISCARD))).collect::<Result<_, _>>()?;
    let dropped_before = dropped(network);
    let links_before = links(network);
    let mut outcome = Outcome::default();
    let start = Instant::now();
    schedule(
        flows,
        |flow| {
            let to = address(flow.to);
            sockets[flow.from].enter(|socket| {
                for _ in 0..flow.packets {
                    // A drop is counted where it happens.
                    _ = socket.send_to(to, DISCARD, None, &PAYLOAD);
                }
            });
            outcome.sent += flow.packets;
        },
        |packets| {
            network.settle();
            outcome.delivered += sockets.iter().map(|socket| socket.enter(discard)).sum::<u64>();
            progress(packets);
        },
    );
    outcome.duration = start.elapsed();
    outcome.links =
        links(network).iter().zip(links_before).map(|(now, before)| (now.0 - before.0, now.1 - before.1)).collect();
    outcome.hops = outcome.links.iter().map(|(forward, backward)| forward + backward).sum();
    for (reason, count) in dropped(network) {
        let new = count - dropped_before.get(reason).copied().unwrap_or(0);
        if new > 0 {
            outcome.dropped.insert(reason, new);
        }
    }
    Ok(outcome)
}

/// Receives all datagrams; returns the number of those with the payload that was sent.
fn discard(socket: &UdpSocket) -> u64 {
    std::iter::from_fn(|| socket.receive()).filter(|datagram| datagram.payload() == PAYLOAD).count() as u64
}

/// The packets that each link has carried, from source to target and back.
pub fn links(network: &Network) -> Vec<(u64, u64)> {
    network.links().iter().map(|link| (link.source.sent(), link.target.sent())).collect()
}

/// The packets that all machines have dropped, by reason.
pub fn dropped(network: &Network) -> BTreeMap<&'static str, u64> {
    let mut all = BTreeMap::new();
    for machine in 0..network.len() {
        for (reason, count) in network.on(machine, inet::ip_stat).dropped {
            *all.entry(reason.name()).or_default() += count;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_sent_and_never_too_much_at_once() {
        let flows = [(0, 1, 5_000), (1, 0, 1), (1, 2, 300)].map(|(from, to, packets)| Flow { from, to, packets });
        let mut sent = BTreeMap::<(usize, usize), u64>::new();
        let mut paused = 0;
        schedule(
            &flows,
            |flow| *sent.entry((flow.from, flow.to)).or_default() += flow.packets,
            |packets| {
                assert!(packets <= UNDER_WAY);
                paused += packets;
            },
        );
        assert_eq!(sent, BTreeMap::from([((0, 1), 5_000), ((1, 0), 1), ((1, 2), 300)]));
        assert_eq!(paused, 5_301);
    }
}
