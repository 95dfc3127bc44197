//! Demand models: the number of packets that each node sends to each other one.

use clap::ValueEnum;
use thiserror::Error;

use crate::lab::topology::Topology;

const GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;

/// A demand model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// Every ordered pair of nodes sends the same.
    Uni,
    /// Every ordered pair sends the product of the two degrees.
    Deg,
    /// The demands in the file, each in both directions.
    Org,
}

impl Model {
    pub fn name(self) -> &'static str {
        match self {
            Self::Uni => "uni",
            Self::Deg => "deg",
            Self::Org => "org",
        }
    }
}

/// The topology has no demands for the model.
#[derive(Debug, Error)]
#[error("{topology} has no demands of its own: use `--traffic uni` or `--traffic deg`")]
pub struct NoDemands {
    topology: String,
}

/// What one node sends to another, in proportion to the other demands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    pub from: usize,
    pub to: usize,
    pub weight: f64,
}

/// The packets that one node sends to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    pub from: usize,
    pub to: usize,
    pub packets: u64,
}

impl Model {
    /// The reason why no node sends a packet under this model.
    pub fn silence(self, topology: &Topology) -> String {
        let nobody = "no packet is sent";
        match self {
            _ if topology.nodes.len() < 2 => format!("{nobody}: there is one node only"),
            Self::Org => format!("{nobody}: all demands of {} are zero", topology.name),
            Self::Uni | Self::Deg => format!("{nobody}: no node has a link"),
        }
    }
}

/// The demands of all ordered pairs of nodes under the model; the largest weight is 1.
pub fn demands(topology: &Topology, model: Model) -> Result<Vec<Demand>, NoDemands> {
    let nodes = topology.nodes.len();
    let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let weights: Vec<(usize, usize, f64)> = match model {
        Model::Uni => pairs.map(|(from, to)| (from, to, 1.0)).collect(),
        Model::Deg => {
            let degrees = topology.degrees();
            pairs.map(|(from, to)| (from, to, (degrees[from] * degrees[to]) as f64)).collect()
        }
        Model::Org if topology.demands.is_empty() => return Err(NoDemands { topology: topology.name.clone() }),
        Model::Org => topology.demands.iter().flat_map(|&(a, b, amount)| [(a, b, amount), (b, a, amount)]).collect(),
    };
    // Scaled, because the sum of the weights may be infinite.
    let most = weights.iter().fold(0.0, |most: f64, (.., weight)| most.max(*weight));
    let scaled = |weight: f64| if most > 0.0 { weight / most } else { 0.0 };
    Ok(weights.into_iter().map(|(from, to, weight)| Demand { from, to, weight: scaled(weight) }).collect())
}

/// Splits `packets` among the demands.
pub fn flows(demands: &[Demand], packets: u64) -> Vec<Flow> {
    let shares = apportion(packets, demands.iter().map(|demand| demand.weight));
    let flows = demands.iter().zip(shares).map(|(demand, packets)| Flow { from: demand.from, to: demand.to, packets });
    flows.filter(|flow| flow.packets > 0).collect()
}

/// A number from 0 to 1. Those of any range of indices are evenly spread.
pub fn spread(index: usize) -> f64 {
    (index as f64 * GOLDEN_RATIO).fract()
}

/// Whole numbers in proportion to the weights: each is off by less than one.
///
/// After rounding down, the remaining packets go to the pairs with the largest sum of remainder and dither. With the
/// remainder alone, ties would go to the start of the list, that is to the pairs of the first sources, and the links
/// near these would carry too much. The dither is the fraction of a multiple of the golden ratio. Such numbers are
/// evenly spread in each part of the list, so that each source and each destination gets its share of the remaining
/// packets.
fn apportion(total: u64, weights: impl Iterator<Item = f64> + Clone) -> Vec<u64> {
    let most = weights.clone().fold(0.0, f64::max);
    if most <= 0.0 {
        return weights.map(|_| 0).collect();
    }
    let sum: f64 = weights.clone().sum();
    let exact: Vec<f64> = weights.map(|weight| total as f64 * (weight / sum)).collect();
    let mut shares: Vec<u64> = exact.iter().map(|share| *share as u64).collect();
    let given: u64 = shares.iter().sum();
    let dithered = |index: usize| exact[index].fract() + spread(index);
    let mut to_round_up: Vec<usize> = (0..shares.len()).filter(|&index| exact[index].fract() > 0.0).collect();
    to_round_up.sort_by(|&a, &b| dithered(b).total_cmp(&dithered(a)));
    for &index in to_round_up.iter().take(total.saturating_sub(given) as usize) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(apportion(10, [1.0, 1.0, 1.0].into_iter()).iter().sum::<u64>(), 10);
        assert_eq!(apportion(7, [2.0, 0.0, 5.0].into_iter()), [2, 0, 5]);
        assert_eq!(apportion(7, [0.0, 0.0].into_iter()), [0, 0]);
        assert_eq!(apportion(1, [0.4, 0.6].into_iter()), [0, 1]);
    }

    #[test]
    fn the_rest_is_spread_over_all_sources_and_destinations() {
        let nodes: Vec<String> = (0..100).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
        let text = format!(r#"{{"nodes": [{}], "edges": []}}"#, nodes.join(","));
        let topology = Topology::parse("t", text.as_bytes()).unwrap();
        // One packet for each pair, and another for a third of them: 99 + 33 for each source and destination.
        let flows = flows(&demands(&topology, Model::Uni).unwrap(), 9_900 + 3_300);
        for end in [|flow: &Flow| flow.from, |flow: &Flow| flow.to] {
            for node in 0..100 {
                let packets: u64 = flows.iter().filter(|flow| end(flow) == node).map(|flow| flow.packets).sum();
                assert!(packets.abs_diff(132) <= 2, "{node}: {packets}");
            }
        }
    }

    #[test]
    fn weights_of_any_size_are_shared_by() {
        for (packets, weights, expected) in [
            (200_000, [1e308, 1e308, 0.0], vec![100_000, 100_000]),
            (3, [f64::MAX, f64::MAX / 2.0, 0.0], vec![2, 1]),
            (3, [f64::from_bits(2), f64::from_bits(1), 0.0], vec![2, 1]),
            (5, [1e308, 1e-308, 0.0], vec![5]),
        ] {
            let mut topology = Topology::load("abilene").unwrap();
            topology.demands = weights.iter().zip(1..).map(|(weight, to)| (0, to, *weight)).collect();
            let flows = flows(&demands(&topology, Model::Org).unwrap(), 2 * packets);
            let there = flows.iter().filter(|flow| flow.from == 0).map(|flow| flow.packets);
            assert_eq!(there.collect::<Vec<_>>(), expected, "{weights:?}");
        }
    }

    #[test]
    fn own_demands_go_both_ways() {
        let text = r#"{"graph": {"demands": {"0": {"1": 3}}}, "nodes": [{"id": 0}, {"id": 1}], "edges": []}"#;
        let topology = Topology::parse("t", text.as_bytes()).unwrap();
        let flows = flows(&demands(&topology, Model::Org).unwrap(), 10);
        assert_eq!(flows, [Flow { from: 0, to: 1, packets: 5 }, Flow { from: 1, to: 0, packets: 5 }]);
    }

    #[test]
    fn a_file_without_demands_says_so() {
        let topology = Topology::load("abilene").unwrap();
        assert!(demands(&topology, Model::Org).is_err());
    }
}
