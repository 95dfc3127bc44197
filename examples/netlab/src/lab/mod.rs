//! Networks of machines: topologies, traffic, building, running, measuring.

pub mod address;
pub mod by_hand;
pub mod capture;
pub mod flood;
pub mod live;
pub mod loads;
pub mod names;
pub mod network;
pub mod plan;
pub mod routing;
pub mod topology;
pub mod traffic;
pub mod transfer;
