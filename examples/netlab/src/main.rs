//! A small IPv4 stack written the old way, with globals; annotated; and run as one vnet per node of a real network.
//!
//! The stack is in `machine`, `loif`, `ifnet`, `inet`, `icmp`, `udp`, `tcp`, `ipfw` and `netisr`: none of
//! their functions is told which machine it runs on. The rest lays wires between machines and drives them.

mod by_hand;
mod cli;
mod commands;
mod flood;
mod hardware;
mod icmp;
mod ifnet;
mod inet;
mod ipfw;
mod loif;
mod machine;
mod names;
mod netisr;
mod network;
mod progress;
mod report;
mod routing;
mod settings;
mod svg;
mod tcp;
#[cfg(test)]
mod testing;
mod topology;
mod traffic;
mod udp;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
