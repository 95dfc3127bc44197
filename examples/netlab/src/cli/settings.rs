//! Settings of some nodes: rules, variables, links that are down.

use std::error::Error;

use clap::Args;

use crate::lab::network::Network;
use crate::lab::topology::{Edge, NodeError, Topology};
use crate::stack::ipfw::{self, Rule};

#[derive(Args)]
pub struct Settings {
    /// A filter rule for a node: `Denver: deny udp from any to any`. May be given several times.
    #[arg(long, value_name = "NODE:RULE")]
    ipfw: Vec<String>,
    /// A variable of a node: `Denver: net.inet.ip.forwarding=0`. May be given several times.
    #[arg(long, value_name = "NODE:NAME=VALUE")]
    sysctl: Vec<String>,
    /// A link that is down, while the routes still lead over it: `Denver:Seattle`. May be given several times.
    #[arg(long, value_name = "NODE:NODE")]
    down: Vec<String>,
}

impl Settings {
    pub fn apply(&self, topology: &Topology, network: &Network) -> Result<(), Box<dyn Error>> {
        for text in &self.ipfw {
            let (node, rule) = split(topology, text)?;
            add_rule(network, node, rule)?;
        }
        for text in &self.sysctl {
            let (node, assignment) = split(topology, text)?;
            let (name, value) = assignment.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
            network.on(node, || vimage::sysctl::set(name.trim(), value.trim()))?;
        }
        for text in &self.down {
            links(topology, text)?.into_iter().for_each(|link| network.set_up(link, false));
        }
        Ok(())
    }
}

/// Adds a rule on a node.
fn add_rule(network: &Network, node: usize, rule: &str) -> Result<u16, Box<dyn Error>> {
    let rule: Rule = rule.parse()?;
    let number = network.on(node, || ipfw::ipfw_add(rule));
    Ok(number.ok_or("no more rules: all numbers are used up")?)
}

/// Splits `NODE:REST`. Ids and names may contain colons, so the longest prefix that names a node is the node.
fn split<'t>(topology: &Topology, text: &'t str) -> Result<(usize, &'t str), Box<dyn Error>> {
    let mut wrong = None;
    for (colon, _) in text.rmatch_indices(':') {
        match topology.node(text[..colon].trim()) {
            Ok(node) => return Ok((node, text[colon + 1..].trim())),
            Err(error @ NodeError::Ambiguous { .. }) => return Err(error.into()),
            // The last error is kept, which is about the shortest prefix: probably the node that was meant.
            Err(error) => wrong = Some(error),
        }
    }
    Err(wrong.map_or_else(|| format!("`{text}` does not start with `NODE:`").into(), Into::into))
}

/// The links that `NODE:NODE` or `NODE-NODE` stands for. Names may contain colons and hyphens, but the text must have
/// only one reading.
pub fn links(topology: &Topology, text: &str) -> Result<Vec<usize>, Box<dyn Error>> {
    let mut wrong: Option<NodeError> = None;
    let mut all_nodes = false;
    let mut found = Vec::new();
    for (colon, _) in text.match_indices([':', '-']) {
        match (topology.node(text[..colon].trim()), topology.node(text[colon + 1..].trim())) {
            (Ok(a), Ok(b)) => {
                all_nodes = true;
                let between = |edge: &Edge| [(a, b), (b, a)].contains(&(edge.source, edge.target));
                let links: Vec<_> = (0..topology.edges.len()).filter(|link| between(&topology.edges[*link])).collect();
                found.extend((!links.is_empty()).then_some(links));
            }
            (Err(error), _) | (_, Err(error)) => wrong = wrong.or(Some(error)),
        }
    }
    match (found.len(), wrong) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(error)) if !all_nodes => Err(error.into()),
        (0, _) => Err(format!("there is no link `{text}`").into()),
        _ => Err(format!("`{text}` can be read as several links: use the ids of the nodes").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_colons() -> Topology {
        let nodes = ["a", "a:b", "b:c", "c", "fe80::1"];
        let nodes: Vec<String> = nodes.iter().map(|id| format!(r#"{{"id": "{id}"}}"#)).collect();
        let edge = |(a, b)| format!(r#"{{"source": "{a}", "target": "{b}"}}"#);
        let edges = [("a", "b:c"), ("a:b", "c"), ("fe80::1", "a"), ("fe80::1", "a:b")].map(edge);
        let text = format!(r#"{{"nodes": [{}], "edges": [{}]}}"#, nodes.join(","), edges.join(","));
        Topology::parse("colons", text.as_bytes()).unwrap()
    }

    #[test]
    fn names_may_have_colons() {
        let topology = with_colons();
        for (text, expected) in [
            ("a: deny ip from any to any", (0, "deny ip from any to any")),
            ("a:b: deny ip from any to any", (1, "deny ip from any to any")),
            ("FE80::1:net.inet.ip.ttl=7", (4, "net.inet.ip.ttl=7")),
            ("c: inet::net.inet.ip.ttl=7", (3, "inet::net.inet.ip.ttl=7")),
        ] {
            assert_eq!(split(&topology, text).unwrap(), expected, "{text}");
        }
        assert!(split(&topology, "x:y:z").unwrap_err().to_string().contains("no node `x`"));
        assert!(split(&topology, "a").unwrap_err().to_string().contains("does not start with `NODE:`"));
    }

    #[test]
    fn links_between_names_with_colons_are_found_or_refused() {
        let topology = with_colons();
        assert_eq!(links(&topology, "fe80::1:a").unwrap(), [2]);
        assert_eq!(links(&topology, "a:b:fe80::1").unwrap(), [3]);
        for (text, message) in [
            ("a:b:c", "several links"),
            ("a:c", "there is no link `a:c`"),
            ("a:d", "no node `d`"),
            ("a", "there is no link `a`"),
        ] {
            let error = links(&topology, text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
