//! The loads of links, computed without sending a packet: exact ones, and those of whole packets.

use std::ops::AddAssign;

use crate::lab::address::address;
use crate::lab::routing::{Distances, Neighbours};
use crate::lab::traffic::{self, Demand, Flow};

/// Amounts on each link, from source to target and back.
pub type Amounts<A> = Vec<(A, A)>;

/// The exact loads, when every router splits the traffic to a destination evenly over all its next hops.
pub fn exact(neighbours: &Neighbours, links: usize, demands: &[Demand]) -> Amounts<f64> {
    let demands = demands.iter().map(|demand| (demand.from, demand.to, demand.weight));
    carry(neighbours, links, demands, |_, amount, ways, _| amount / ways as f64)
}

/// The number of packets on each link after these flows, if none is dropped.
///
/// This is no estimate. A route takes its next hops in turn, so only the number of packets decides how many take each,
/// and not their order.
pub fn of_packets(neighbours: &Neighbours, links: usize, flows: &[Flow]) -> Amounts<u64> {
    let flows = flows.iter().map(|flow| (flow.from, flow.to, flow.packets));
    carry(neighbours, links, flows, |destination, packets, ways, way| {
        // A route starts at a number of its destination: see `Fib`.
        let start = u64::from(address(destination).to_bits());
        let turns_before = |turn: u64| (turn + ways - 1 - way) / ways;
        turns_before(start + packets) - turns_before(start)
    })
}

/// Carries demands along the shortest paths. `split` returns the part of an amount to a destination that takes one of
/// several ways.
fn carry<A: Copy + Default + PartialEq + AddAssign>(
    neighbours: &Neighbours,
    links: usize,
    demands: impl Iterator<Item = (usize, usize, A)>,
    split: impl Fn(usize, A, u64, u64) -> A,
) -> Amounts<A> {
    let mut by_destination = vec![Vec::new(); neighbours.len()];
    for (from, to, amount) in demands {
        by_destination[to].push((from, amount));
    }
    let mut loads = vec![(A::default(), A::default()); links];
    let mut distances = Distances::default();
    let mut amounts = vec![A::default(); neighbours.len()];
    for (destination, demands) in by_destination.into_iter().enumerate() {
        if demands.is_empty() {
            continue;
        }
        amounts.fill(A::default());
        demands.into_iter().for_each(|(from, amount)| amounts[from] += amount);
        neighbours.distances(destination, &mut distances);
        // The farthest first: all that a node passes on has arrived at it before.
        for &node in distances.nearest_first.iter().rev() {
            let next_hops = neighbours.next_hops(&distances, node);
            let ways = next_hops.clone().count() as u64;
            for (way, link) in next_hops.enumerate() {
                let part = split(destination, amounts[node], ways, way as u64);
                amounts[link.peer] += part;
                let load = &mut loads[link.edge];
                *(if link.is_source { &mut load.0 } else { &mut load.1 }) += part;
            }
        }
    }
    loads
}

/// Loads in percent of the most loaded direction.
pub fn percent(loads: impl Iterator<Item = (f64, f64)> + Clone) -> Amounts<f64> {
    let most = loads.clone().fold(0.0, |most: f64, (forward, backward)| most.max(forward).max(backward));
    let percent = |load: f64| if most > 0.0 { 100.0 * (load / most) } else { 0.0 };
    loads.map(|(forward, backward)| (percent(forward), percent(backward))).collect()
}

/// Counts of packets as percent of the most loaded direction.
pub fn percent_of_packets(packets: &[(u64, u64)]) -> Amounts<f64> {
    percent(packets.iter().map(|&(forward, backward)| (forward as f64, backward as f64)))
}

/// The largest difference of a link and direction.
pub fn difference(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| (a.0 - b.0).abs().max((a.1 - b.1).abs()));
    differences.fold(0.0, f64::max)
}

/// The flows of the fewest packets, of the numbers that are tried, with which no load of a link is more than
/// `tolerance` percentage points off; `None` if not even a billion packets are enough.
pub fn flows_within(neighbours: &Neighbours, links: usize, demands: &[Demand], tolerance: f64) -> Option<Vec<Flow>> {
    const FEWEST: u64 = 1_000;
    const MOST: u64 = 1_000_000_000;
    let exact = percent(self::exact(neighbours, links, demands).into_iter());
    // If all demands are the same, a multiple of their number is split without a remainder.
    let pairs = (demands.len() as u64).max(1);
    let mut packets = FEWEST.max(pairs / 4);
    while packets <= MOST {
        if packets > pairs {
            packets = packets.next_multiple_of(pairs);
        }
        let flows = traffic::flows(demands, packets);
        let planned = percent_of_packets(&of_packets(neighbours, links, &flows));
        if difference(&planned, &exact) <= tolerance {
            return Some(flows);
        }
        packets += packets / 4;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::topology::{Edge, Topology};
    use crate::lab::traffic::Model;

    #[test]
    fn amounts_are_split_at_each_router() {
        // Two squares in a row: 0-1, 0-2, 1-3, 2-3, 3-4, 3-5, 4-6, 5-6.
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (3, 5), (4, 6), (5, 6)];
        let edges = edges.map(|(source, target)| Edge { source, target });
        let neighbours = Neighbours::new(7, &edges);
        let demands = [Demand { from: 0, to: 6, weight: 4.0 }, Demand { from: 6, to: 3, weight: 2.0 }];
        let half = |back| (2.0, back);
        let expected = [half(0.0), half(0.0), half(0.0), half(0.0), half(1.0), half(1.0), half(1.0), half(1.0)];
        assert_eq!(exact(&neighbours, edges.len(), &demands), expected);
        let flows = [Flow { from: 0, to: 6, packets: 5 }];
        let packets = of_packets(&neighbours, edges.len(), &flows);
        for pair in packets.chunks(2) {
            let mut both = [pair[0].0, pair[1].0];
            both.sort_unstable();
            assert_eq!((both, pair[0].1 + pair[1].1), ([2, 3], 0));
        }
        assert_eq!(percent_of_packets(&[(2, 0), (1, 4)]), [(50.0, 0.0), (25.0, 100.0)]);
        assert_eq!(percent_of_packets(&[(0, 0)]), [(0.0, 0.0)]);
        assert!((difference(&[(1.0, 2.0), (3.0, 4.0)], &[(1.0, 2.5), (2.0, 4.0)]) - 1.0).abs() < 1e-12);
    }
    #[test]
    fn a_smaller_tolerance_needs_more_packets() {
        let topology = Topology::load("sndlib/newyork").unwrap();
        let neighbours = Neighbours::new(topology.nodes.len(), &topology.edges);
        let demands = traffic::demands(&topology, Model::Deg).unwrap();
        let needed = |tolerance| {
            let flows = flows_within(&neighbours, topology.edges.len(), &demands, tolerance)?;
            Some(flows.iter().map(|flow| flow.packets).sum::<u64>())
        };
        let needed = [5.0, 0.5, 0.05].map(|tolerance| needed(tolerance).unwrap());
        assert!(needed.is_sorted_by(|fewer, more| fewer < more), "{needed:?}");
    }
}
