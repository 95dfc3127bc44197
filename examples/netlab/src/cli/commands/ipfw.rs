//! `ipfw`: the packet filter of a node.

use std::fmt::Write;

use serde_json::json;

use crate::cli::output::Report;
use crate::cli::style::{bold, grouped};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::ipfw::{self, RuleStat};

/// Shows the rules of a node with their counters.
pub fn show(topology: &Topology, network: &Network, node: usize) -> Report {
    let rules = network.on(node, ipfw::ipfw_show);
    let mut text = format!("{}\n", bold(format!("{:>5} {:>12} {:>14}  rule", "", "packets", "bytes")));
    for RuleStat { number, rule, packets, bytes } in &rules {
        _ = writeln!(text, "{number:05} {:>12} {:>14}  {rule}", grouped(*packets), grouped(*bytes));
    }
    let rule = |stat: &RuleStat| {
        json!({
            "number": stat.number, "rule": stat.rule.to_string(), "packets": stat.packets, "bytes": stat.bytes,
        })
    };
    let rules: Vec<_> = rules.iter().map(rule).collect();
    Report::new(text, json!({"node": topology.nodes[node].name, "rules": rules}))
}
