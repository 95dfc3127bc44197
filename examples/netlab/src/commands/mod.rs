//! One file per command; what they share.

pub mod bench;
pub mod ipfw;
pub mod netstat;
pub mod ping;
pub mod run;
pub mod scale;
pub mod sysctl;
pub mod tcp;
pub mod traceroute;

use std::error::Error;
use std::fmt::Display;
use std::net::Ipv4Addr;

use anstyle::{AnsiColor, Style};

use crate::cli::Traffic;
use crate::flood::{self, Outcome};
use crate::network::{self, Network};
use crate::progress::Progress;
use crate::report;
use crate::topology::Topology;
use crate::traffic::{self, Flow, NoDemands};

/// Text in a colour; what prints it takes the colour out again where there is no terminal.
pub fn paint(color: AnsiColor, text: impl Display) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{text}{style:#}")
}

/// A heading.
pub fn bold(text: impl Display) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}

/// What the traffic model has everybody send; says so if that is nothing at all.
pub fn flows(topology: &Topology, traffic: &Traffic) -> Result<Vec<Flow>, NoDemands> {
    let flows = traffic::flows(topology, traffic.traffic, traffic.packets)?;
    if flows.is_empty() && traffic.packets > 0 {
        report::warn(&traffic.traffic.silence(topology));
    }
    Ok(flows)
}

/// Sends the traffic.
pub fn flood(
    topology: &Topology,
    network: &Network,
    traffic: &Traffic,
    quiet: bool,
) -> Result<Outcome, Box<dyn Error>> {
    let flows = flows(topology, traffic)?;
    let progress = Progress::new("sending", flows.iter().map(|flow| flow.packets).sum(), quiet);
    Ok(flood::flood(network, &flows, |packets| progress.inc(packets))?)
}

/// An address with the name of its node, for a terminal.
pub fn place(topology: &Topology, address: Ipv4Addr) -> String {
    match network::index(address, topology.nodes.len()) {
        Some(node) => format!("{address} ({})", topology.nodes[node].shown()),
        None => address.to_string(),
    }
}

/// The name of the node with this address, if there is one, as in the file.
pub fn name(topology: &Topology, address: Ipv4Addr) -> Option<&str> {
    network::index(address, topology.nodes.len()).map(|node| topology.nodes[node].name.as_str())
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}
