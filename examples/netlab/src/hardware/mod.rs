//! The hardware outside of the machines: packets in memory, wires, and interrupt lines.
//!
//! Wires are queues of their own and not `vimage::link`s, because their ends move with the interfaces they are
//! plugged into and interrupt a machine instead of waking a thread; `netlab bench` compares the cost.

mod line;
mod tap;
mod units;
mod wire;

pub use line::{Controller, Line};
pub use tap::{Direction, Tap};
pub use units::{Mbuf, Time};
pub use wire::{Port, Properties, wire};
