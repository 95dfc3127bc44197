//! A small IPv4 stack written the old way, with globals; annotated; and run as one vnet per node of a real network.
//!
//! From the ground up: `hardware` is the wires; `stack` is what runs on one machine, and none of its functions is told
//! which one that is; `lab` builds networks of machines, drives and measures them; `cli` is the program around it.

mod cli;
mod hardware;
mod lab;
mod stack;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
