//! What a network is to do, and what became of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hardware::{Properties, Time};
use crate::lab::loads::Amounts;
use crate::lab::traffic::Demand;

/// What happens to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Its interfaces go down, and the routers notice.
    Down,
    /// It is mended.
    Up,
    /// It loses all packets; the routers notice that they hear nothing.
    Cut,
}

#[derive(Clone, Debug)]
pub struct Event {
    /// Since the start of the traffic.
    pub time: Time,
    pub change: Change,
    pub links: Vec<usize>,
    /// As it was written.
    pub text: String,
}

/// What a network does, and for how long.
pub struct Scenario {
    /// Of each link.
    pub properties: Vec<Properties>,
    pub demands: Vec<Demand>,
    /// Packets per second, in all.
    pub rate: f64,
    /// The bytes of the payload of each.
    pub size: usize,
    pub duration: Time,
    /// In the order of their times.
    pub events: Vec<Event>,
    /// The part of each node: see [`parts`](crate::lab::live::parts).
    pub parts: Vec<usize>,
}

/// What was measured from one event to the next.
#[derive(Debug, Serialize)]
pub struct Phase {
    /// Seconds since the start of the traffic.
    pub from: f64,
    pub event: Option<String>,
    /// Seconds from the event to the last change of a route; 0 if no route changed, none if the routes never were
    /// those of the shortest paths.
    pub convergence: Option<f64>,
    /// Packets that were sent in this phase, and those of them that arrived.
    pub sent: u64,
    pub delivered: u64,
    /// Packets that were lost in this phase, by reason.
    pub lost: BTreeMap<&'static str, u64>,
    /// Milliseconds from sender to receiver.
    pub mean_delay: f64,
    pub longest_delay: f64,
    /// Percentage points that the loads are off from those of the shortest paths, after the convergence.
    pub error: f64,
    /// Loads in percent after the convergence, and those of the shortest paths.
    pub loads: Amounts<f64>,
    pub exact: Amounts<f64>,
}

/// What was seen in a short time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// Seconds since the start of the traffic, at the end of this time.
    pub time: f64,
    pub delivered: u64,
    pub lost: u64,
    /// The length of the longest queue at the end.
    pub queue: usize,
}

/// The result of a simulation. It does not depend on the number of threads.
#[derive(Debug, Serialize)]
pub struct Story {
    /// Seconds until the routers had found all routes; none if they never did.
    pub start: Option<f64>,
    pub phases: Vec<Phase>,
    pub samples: Vec<Sample>,
    /// Messages of the routing protocol.
    pub messages: u64,
    pub hops: u64,
}
