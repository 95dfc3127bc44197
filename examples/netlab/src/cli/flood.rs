//! The traffic that the command line describes.

use std::error::Error;

use crate::cli::args::Traffic;
use crate::cli::output::warn;
use crate::cli::progress::Progress;
use crate::cli::style::grouped;
use crate::lab::flood::{self, Outcome};
use crate::lab::loads::{self, Amounts};
use crate::lab::network::Network;
use crate::lab::routing::Neighbours;
use crate::lab::topology::Topology;
use crate::lab::traffic::{self, Flow};
use crate::stack::inet::Drop;

/// The packets to send, and the loads that are to be expected.
pub struct Plan {
    pub flows: Vec<Flow>,
    /// The exact loads in percent.
    pub exact: Amounts<f64>,
    /// The largest difference of a load from the exact one, in percentage points, if no packet is dropped.
    pub bound: f64,
}

/// Plans the traffic; warns if there is none.
pub fn plan(topology: &Topology, traffic: &Traffic) -> Result<Plan, Box<dyn Error>> {
    let demands = traffic::demands(topology, traffic.traffic)?;
    let (neighbours, links) = (Neighbours::new(topology.nodes.len(), &topology.edges), topology.edges.len());
    let flows = match traffic.packets {
        Some(packets) => traffic::flows(&demands, packets),
        None => loads::flows_within(&neighbours, links, &demands, traffic.tolerance)
            .ok_or_else(|| format!("too many packets are needed for a tolerance of {}", traffic.tolerance))?,
    };
    if flows.is_empty() && traffic.packets != Some(0) {
        warn(&traffic.traffic.silence(topology));
    }
    let exact = loads::percent(loads::exact(&neighbours, links, &demands).into_iter());
    let planned = loads::percent_of_packets(&loads::of_packets(&neighbours, links, &flows));
    let bound = loads::difference(&planned, &exact);
    Ok(Plan { flows, exact, bound })
}

/// Sends the traffic; warns about packets without a route.
pub fn flood(topology: &Topology, network: &Network, plan: &Plan, quiet: bool) -> Result<Outcome, Box<dyn Error>> {
    let progress = Progress::new("sending", plan.flows.iter().map(|flow| flow.packets).sum(), quiet);
    let outcome = flood::flood(network, &plan.flows, |packets| progress.inc(packets))?;
    drop(progress);
    if let Some(lost) = outcome.dropped.get(Drop::NoRoute.name()) {
        let (lost, sent, parts) = (grouped(*lost), grouped(outcome.sent), topology.parts());
        warn(&format!("{lost} of {sent} packets had no route: the network is in {parts} parts"));
    }
    Ok(outcome)
}
