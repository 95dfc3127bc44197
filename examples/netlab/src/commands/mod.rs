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

use std::fmt::Display;
use std::net::Ipv4Addr;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::network;
use crate::topology::Topology;

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

/// Progress on a terminal's standard error; nothing elsewhere, and nothing before it takes a while.
pub fn progress(total: u64, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let template = "{bar:40} {percent:>3}% {human_pos} of {human_len}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).expect("the template is right"));
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// An address with the name of its node.
pub fn place(topology: &Topology, address: Ipv4Addr) -> String {
    match network::index(address, topology.nodes.len()) {
        Some(node) => format!("{address} ({})", topology.nodes[node].name),
        None => address.to_string(),
    }
}

/// The name of the node with this address, if there is one.
pub fn name(topology: &Topology, address: Ipv4Addr) -> Option<&str> {
    network::index(address, topology.nodes.len()).map(|node| topology.nodes[node].name.as_str())
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}
