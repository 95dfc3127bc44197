//! The network stack of one machine: code with globals, as it reads after it was ported.

pub mod checksum;
pub mod icmp;
pub mod ifnet;
pub mod inet;
pub mod ipfw;
pub mod linkstate;
pub mod loif;
pub mod machine;
pub mod netisr;
pub mod tcp;
#[cfg(test)]
pub mod testing;
pub mod udp;
