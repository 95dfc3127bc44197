//! Topology files: node-link JSON as TopoHub writes it, checked before anything is built from it.

mod error;
mod file;

use std::borrow::Cow;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::Value;

pub use error::{NodeError, TopologyError};
pub use file::label;

use crate::lab::names::{self, printable};

const ABILENE: &str = include_str!("../../../topologies/topozoo/Abilene.json");

/// The files that come with the program, by the names that may be given instead of a path, in any case.
pub const BUNDLED: [(&str, &str); 6] = [
    ("abilene", ABILENE),
    ("topozoo/Abilene", ABILENE),
    ("sndlib/abilene", include_str!("../../../topologies/sndlib/abilene.json")),
    ("sndlib/newyork", include_str!("../../../topologies/sndlib/newyork.json")),
    ("sndlib/nobel-germany", include_str!("../../../topologies/sndlib/nobel-germany.json")),
    ("sndlib/polska", include_str!("../../../topologies/sndlib/polska.json")),
];

/// Each node has a route to each other one, so that memory grows with the square.
pub const MOST_NODES: usize = 2_000;
/// More than any network of that many nodes has in practice.
pub const MOST_EDGES: usize = 100_000;
const MOST_BYTES: u64 = 64 << 20;

/// A place where a machine stands.
#[derive(Debug)]
pub struct Node {
    /// As in the file.
    pub id: Value,
    pub name: String,
    /// Longitude and latitude, where known.
    pub position: Option<(f64, f64)>,
}

impl Node {
    /// The name, for a terminal.
    pub fn shown(&self) -> Cow<'_, str> {
        printable(&self.name)
    }
}

/// A link, by the indices of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub source: usize,
    pub target: usize,
}

/// A network that makes sense: at least one node, ids that differ, edges between two nodes that exist.
#[derive(Debug)]
pub struct Topology {
    pub name: String,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// From, to, how much; each is sent in both directions.
    pub demands: Vec<(usize, usize, f64)>,
}

impl Topology {
    /// The machine that there is anyway, alone.
    pub fn host() -> Self {
        let node = Node { id: Value::from("localhost"), name: "this host".to_owned(), position: None };
        Self { name: node.name.clone(), nodes: vec![node], edges: Vec::new(), demands: Vec::new() }
    }

    /// The name, for a terminal.
    pub fn shown(&self) -> Cow<'_, str> {
        printable(&self.name)
    }

    /// Reads a file, or takes one that is bundled if there is no such file.
    pub fn load(file: &str) -> Result<Self, TopologyError> {
        let path = Path::new(file);
        if !path.exists()
            && let Some((name, text)) = BUNDLED.iter().find(|(name, _)| name.eq_ignore_ascii_case(file))
        {
            return Self::parse(name, text.as_bytes());
        }
        let unreadable = |source: std::io::Error| match source.kind() {
            ErrorKind::NotFound => not_there(file),
            _ => TopologyError::Read { file: file.to_owned(), source },
        };
        let mut text = Vec::new();
        fs::File::open(path).map_err(unreadable)?.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(TopologyError::TooLong { file: file.to_owned() });
        }
        Self::parse(file, &text)
    }

    /// The node with this id, or else of this name, in any case.
    pub fn node(&self, wanted: &str) -> Result<usize, NodeError> {
        let ids = |index: &usize| label(&self.nodes[*index].id);
        let all = 0..self.nodes.len();
        if let Some(index) = all.clone().find(|index| ids(index) == wanted) {
            return Ok(index);
        }
        let same: Vec<usize> = all
            .filter(|&index| {
                [&self.nodes[index].name, &ids(&index)].iter().any(|name| name.to_lowercase() == wanted.to_lowercase())
            })
            .collect();
        match same[..] {
            [index] => Ok(index),
            [] => {
                let hint = names::hint(wanted, self.nodes.iter().map(|node| node.name.as_str()));
                Err(NodeError::Unknown { wanted: wanted.to_owned(), hint })
            }
            _ => Err(NodeError::Ambiguous {
                wanted: wanted.to_owned(),
                ids: same.iter().map(ids).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// How many parts there are without a link between them.
    pub fn parts(&self) -> usize {
        let mut part: Vec<usize> = (0..self.nodes.len()).collect();
        let find = |part: &[usize], mut node: usize| {
            while part[node] != node {
                node = part[node];
            }
            node
        };
        for edge in &self.edges {
            let (source, target) = (find(&part, edge.source), find(&part, edge.target));
            part[source.max(target)] = source.min(target);
        }
        part.iter().enumerate().filter(|(node, part)| *node == **part).count()
    }

    /// How many links each node has.
    pub fn degrees(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.nodes.len()];
        for edge in &self.edges {
            degrees[edge.source] += 1;
            degrees[edge.target] += 1;
        }
        degrees
    }
}

fn not_there(file: &str) -> TopologyError {
    let names = || BUNDLED.iter().map(|(name, _)| *name);
    // Without the folder as well, which is easily forgotten.
    let last = names().find(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(file)));
    let closest = last.or_else(|| names::closest(file, names()));
    TopologyError::NotThere {
        file: file.to_owned(),
        hint: closest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default(),
        bundled: names().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Topology, TopologyError> {
        Topology::parse("test.json", text.as_bytes())
    }

    #[test]
    fn bundled_topologies_are_sound() {
        let sizes: Vec<(usize, usize)> = BUNDLED
            .iter()
            .map(|(name, _)| Topology::load(name).unwrap())
            .map(|topology| (topology.nodes.len(), topology.edges.len()))
            .collect();
        assert_eq!(sizes, [(11, 14), (11, 14), (12, 15), (16, 49), (17, 26), (12, 18)]);
    }

    #[test]
    fn nodes_go_by_id_and_by_name_in_any_case() {
        let topology = Topology::load("abilene").unwrap();
        assert_eq!(topology.node("3").unwrap(), 3);
        assert_eq!(topology.node("seaTTle").unwrap(), 3);
        let error = topology.node("Seatle").unwrap_err();
        assert_eq!(error.to_string(), "there is no node `Seatle`; did you mean `Seattle`?");
    }

    #[test]
    fn bundled_topologies_go_by_their_names_in_any_case() {
        assert_eq!(Topology::load("TOPOZOO/abilene").unwrap().name, "abilene");
        for (name, message) in [
            ("polska", "sndlib/nobel-germany, sndlib/polska; did you mean `sndlib/polska`?"),
            ("sndlib/newyrok", "did you mean `sndlib/newyork`?"),
            ("zoo", "there is no such file; bundled are abilene, topozoo/Abilene, sndlib/abilene"),
        ] {
            let error = Topology::load(name).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn parts_are_counted() {
        let parts = |edges: &[(u32, u32)]| {
            let nodes: Vec<String> = (0..6).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
            let edges = edges.iter().map(|(a, b)| format!(r#"{{"source": {a}, "target": {b}}}"#));
            let edges = edges.collect::<Vec<_>>().join(",");
            parse(&format!(r#"{{"nodes": [{}], "edges": [{edges}]}}"#, nodes.join(","))).unwrap().parts()
        };
        assert_eq!(parts(&[]), 6);
        assert_eq!(parts(&[(0, 1), (4, 5), (3, 4), (1, 0)]), 3);
        assert_eq!(parts(&[(5, 4), (4, 3), (3, 2), (2, 1), (1, 0), (0, 5)]), 1);
    }

    #[test]
    fn a_name_of_several_nodes_is_not_guessed() {
        let twins = parse(r#"{"nodes": [{"id": 1, "name": "x"}, {"id": 2, "name": "X"}], "edges": []}"#).unwrap();
        assert!(twins.node("x").unwrap_err().to_string().contains("ids 1, 2"));
        assert_eq!(twins.node("2").unwrap(), 1);
    }
}
