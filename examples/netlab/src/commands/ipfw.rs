//! `ipfw`: the packet filter of a node.

use std::error::Error;
use std::fmt::Write;

use serde_json::json;

use super::{bold, grouped};
use crate::ipfw::{self, Rule, RuleStat};
use crate::network::Network;
use crate::report::Report;
use crate::topology::Topology;

/// Adds a rule on a node.
pub fn add(network: &Network, node: usize, rule: &str) -> Result<u16, Box<dyn Error>> {
    let rule: Rule = rule.parse()?;
    let number = network.on(node, || ipfw::ipfw_add(rule));
    Ok(number.ok_or("all numbers of rules are used up")?)
}

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
