//! Networks of machines: where they come from, how they are built, driven and measured.

pub mod address;
pub mod by_hand;
pub mod flood;
pub mod names;
pub mod network;
pub mod plan;
mod routing;
pub mod topology;
pub mod traffic;
pub mod transfer;
