//! A small IPv4 stack written the old way, with globals; annotated; and run as one vnet per node of a real network.
//!
//! From the ground up: `hardware` has the wires; `stack` is the network stack of one machine, whose functions do not
//! know on which machine they run; `lab` builds networks of machines, runs and measures them; `cli` is the command
//! line.

mod cli;
mod hardware;
mod lab;
mod stack;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
