//! The links of a topology in simulated time.

use clap::Args;

use crate::cli::number;
use crate::hardware::{Properties, Time};
use crate::lab::topology::Topology;

/// Nanoseconds that light takes for a kilometre of fibre.
const PER_KILOMETRE: f64 = 5_000.0;
const SHORTEST_DELAY: Time = 1_000;
const UNKNOWN_DELAY: Time = 1_000_000;
/// What the links do to packets.
#[derive(Args)]
pub struct Timing {
    /// The delay of each link; without it, five microseconds per kilometre, or one millisecond if the length of a link
    /// is not known.
    #[arg(long, value_name = "TIME", value_parser = number::time)]
    pub delay: Option<i64>,
    /// The bits per second of each link, in each direction: `10M`, `1Gbit`; 0 for no limit.
    #[arg(long, value_name = "BITS", default_value = "1Gbit", value_parser = number::bandwidth)]
    pub bandwidth: u64,
    /// The number of packets that may wait for each link.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub queue: u32,
    /// The part of the packets that each link loses: `0.001` or `0.1%`.
    #[arg(long, value_name = "PART", default_value = "0", value_parser = number::part)]
    pub loss: f64,
    /// Where the pseudo-random numbers start: the same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The properties of each link.
pub fn properties(topology: &Topology, timing: &Timing) -> Vec<Properties> {
    let delay = |link: usize| {
        let by_length = || topology.length(link).map_or(UNKNOWN_DELAY, |length| (length * PER_KILOMETRE) as Time);
        timing.delay.unwrap_or_else(by_length).max(SHORTEST_DELAY)
    };
    let Timing { bandwidth, queue, loss, seed, .. } = *timing;
    let of_link = |link: usize| Properties {
        delay: delay(link),
        bandwidth,
        queue: queue as usize,
        loss,
        // Each link has numbers of its own.
        seed: seed.wrapping_mul(0x1_0000_0000).wrapping_add(link as u64),
    };
    (0..topology.edges.len()).map(of_link).collect()
}
