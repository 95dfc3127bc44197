//! The traffic that the command line describes.

use std::error::Error;

use crate::cli::args::Traffic;
use crate::cli::output::warn;
use crate::cli::progress::Progress;
use crate::cli::style::grouped;
use crate::lab::flood::{self, Outcome};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::traffic::{self, Flow, NoDemands};
use crate::stack::inet::Drop;

/// The flows of the traffic model; warns if there are none.
pub fn flows(topology: &Topology, traffic: &Traffic) -> Result<Vec<Flow>, NoDemands> {
    let flows = traffic::flows(topology, traffic.traffic, traffic.packets)?;
    if flows.is_empty() && traffic.packets > 0 {
        warn(&traffic.traffic.silence(topology));
    }
    Ok(flows)
}

/// Sends the traffic; warns about packets without a route.
pub fn flood(
    topology: &Topology,
    network: &Network,
    traffic: &Traffic,
    quiet: bool,
) -> Result<Outcome, Box<dyn Error>> {
    let flows = flows(topology, traffic)?;
    let progress = Progress::new("sending", flows.iter().map(|flow| flow.packets).sum(), quiet);
    let outcome = flood::flood(network, &flows, |packets| progress.inc(packets))?;
    drop(progress);
    if let Some(lost) = outcome.dropped.get(Drop::NoRoute.name()) {
        let (lost, sent, parts) = (grouped(*lost), grouped(outcome.sent), topology.parts());
        warn(&format!("{lost} of {sent} packets had no route: the network is in {parts} parts"));
    }
    Ok(outcome)
}
