//! Topology files: node-link JSON as TopoHub writes it, checked before anything is built from it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The files that come with the program, by the names that may be given instead of a path.
pub const BUNDLED: [(&str, &str); 5] = [
    ("abilene", include_str!("../topologies/topozoo/Abilene.json")),
    ("sndlib/abilene", include_str!("../topologies/sndlib/abilene.json")),
    ("sndlib/newyork", include_str!("../topologies/sndlib/newyork.json")),
    ("sndlib/nobel-germany", include_str!("../topologies/sndlib/nobel-germany.json")),
    ("sndlib/polska", include_str!("../topologies/sndlib/polska.json")),
];

/// Each node has a route to each other one, so that memory grows with the square.
pub const MOST_NODES: usize = 2_000;
/// More than any network of that many nodes has in practice.
pub const MOST_EDGES: usize = 100_000;
const MOST_BYTES: u64 = 64 << 20;

/// Why a topology was refused.
#[derive(Debug, Error)]
pub enum TopologyError {
    #[error("cannot read {file}: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("{file} is larger than {MOST_BYTES} bytes, which no topology of at most {MOST_NODES} nodes is")]
    TooLong { file: String },
    #[error("{file} is not a topology: {source}")]
    Json { file: String, source: serde_json::Error },
    #[error("there are no nodes")]
    NoNodes,
    #[error("{found} nodes are too many, each needs a route to each other one: at most {MOST_NODES}")]
    TooManyNodes { found: usize },
    #[error("{found} edges are too many: at most {MOST_EDGES}")]
    TooManyEdges { found: usize },
    #[error("the id of node {index} is neither a number nor a string: {id}")]
    BadId { index: usize, id: Value },
    #[error("two nodes have the id {id}")]
    DuplicateId { id: String },
    #[error("edge {index} goes to node {id}, which there is not")]
    Nowhere { index: usize, id: String },
    #[error("edge {index} goes from node {id} to itself")]
    SelfLoop { index: usize, id: String },
    #[error("the position of node {id} is not a pair of finite numbers")]
    BadPosition { id: String },
    #[error("there is a demand from or to node {id}, which there is not")]
    DemandNowhere { id: String },
    #[error("the demand from {from} to {to} is {amount}, and not a finite number of at least 0")]
    BadDemand { from: String, to: String, amount: f64 },
}

/// Why a node was not found.
#[derive(Debug, Error)]
pub enum NodeError {
    #[error("there is no node `{wanted}`; did you mean `{closest}`?")]
    Unknown { wanted: String, closest: String },
    #[error("`{wanted}` is the name of several nodes, with the ids {ids}: name one by its id")]
    Ambiguous { wanted: String, ids: String },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    graph: Graph,
    nodes: Vec<FileNode>,
    edges: Vec<FileEdge>,
}

#[derive(Default, Deserialize)]
struct Graph {
    name: Option<String>,
    #[serde(default)]
    demands: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(Deserialize)]
struct FileNode {
    id: Value,
    name: Option<String>,
    pos: Option<Value>,
}

#[derive(Deserialize)]
struct FileEdge {
    source: Value,
    target: Value,
}

/// A place where a machine stands.
#[derive(Debug)]
pub struct Node {
    /// As in the file.
    pub id: Value,
    pub name: String,
    /// Longitude and latitude, where known.
    pub position: Option<(f64, f64)>,
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
    /// Reads a file, or takes one that is bundled if there is no such file.
    pub fn load(file: &str) -> Result<Self, TopologyError> {
        let path = Path::new(file);
        if !path.exists()
            && let Some((name, text)) = BUNDLED.iter().find(|(name, _)| name.eq_ignore_ascii_case(file))
        {
            return Self::parse(name, text.as_bytes());
        }
        let unreadable = |source| TopologyError::Read { file: file.to_owned(), source };
        let mut text = Vec::new();
        fs::File::open(path).map_err(unreadable)?.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(TopologyError::TooLong { file: file.to_owned() });
        }
        Self::parse(file, &text)
    }

    /// Takes apart what a file says; `file` is its name, for messages.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, TopologyError> {
        let parsed: File =
            serde_json::from_slice(text).map_err(|source| TopologyError::Json { file: file.to_owned(), source })?;
        if parsed.nodes.is_empty() {
            return Err(TopologyError::NoNodes);
        }
        if parsed.nodes.len() > MOST_NODES {
            return Err(TopologyError::TooManyNodes { found: parsed.nodes.len() });
        }
        if parsed.edges.len() > MOST_EDGES {
            return Err(TopologyError::TooManyEdges { found: parsed.edges.len() });
        }
        let (nodes, index) = nodes(parsed.nodes)?;
        let edges = edges(&parsed.edges, &index)?;
        let demands = demands(parsed.graph.demands, &index)?;
        Ok(Self { name: parsed.graph.name.unwrap_or_else(|| file.to_owned()), nodes, edges, demands })
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
            [] => Err(NodeError::Unknown { wanted: wanted.to_owned(), closest: self.closest(wanted) }),
            _ => Err(NodeError::Ambiguous {
                wanted: wanted.to_owned(),
                ids: same.iter().map(ids).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    fn closest(&self, wanted: &str) -> String {
        let similarity = |node: &&Node| strsim::jaro_winkler(&node.name.to_lowercase(), &wanted.to_lowercase());
        let closest = self.nodes.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        closest.map(|node| node.name.clone()).unwrap_or_default()
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

/// An id as text: `0` and `"0"` name the same node.
pub fn label(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn nodes(parsed: Vec<FileNode>) -> Result<(Vec<Node>, HashMap<String, usize>), TopologyError> {
    let mut index = HashMap::new();
    let mut nodes = Vec::with_capacity(parsed.len());
    for (i, FileNode { id, name, pos }) in parsed.into_iter().enumerate() {
        if !matches!(id, Value::Number(_) | Value::String(_)) {
            return Err(TopologyError::BadId { index: i, id });
        }
        let text = label(&id);
        let position = match pos {
            None | Some(Value::Null) => None,
            Some(pos) => Some(position(&pos).ok_or_else(|| TopologyError::BadPosition { id: text.clone() })?),
        };
        nodes.push(Node { name: name.unwrap_or_else(|| text.clone()), id, position });
        if index.insert(text.clone(), i).is_some() {
            return Err(TopologyError::DuplicateId { id: text });
        }
    }
    Ok((nodes, index))
}

fn position(pos: &Value) -> Option<(f64, f64)> {
    match pos.as_array()?.as_slice() {
        [x, y] => Some((x.as_f64().filter(|x| x.is_finite())?, y.as_f64().filter(|y| y.is_finite())?)),
        _ => None,
    }
}

fn edges(parsed: &[FileEdge], index: &HashMap<String, usize>) -> Result<Vec<Edge>, TopologyError> {
    let end = |i: usize, id: &Value| {
        index.get(&label(id)).copied().ok_or_else(|| TopologyError::Nowhere { index: i, id: label(id) })
    };
    let edge = |(i, FileEdge { source, target }): (usize, &FileEdge)| {
        let edge = Edge { source: end(i, source)?, target: end(i, target)? };
        if edge.source == edge.target {
            return Err(TopologyError::SelfLoop { index: i, id: label(source) });
        }
        Ok(edge)
    };
    parsed.iter().enumerate().map(edge).collect()
}

fn demands(
    parsed: BTreeMap<String, BTreeMap<String, f64>>,
    index: &HashMap<String, usize>,
) -> Result<Vec<(usize, usize, f64)>, TopologyError> {
    let node = |id: &String| index.get(id).copied().ok_or_else(|| TopologyError::DemandNowhere { id: id.clone() });
    let mut demands = Vec::new();
    for (from, row) in parsed {
        for (to, amount) in row {
            if !(amount.is_finite() && amount >= 0.0) {
                return Err(TopologyError::BadDemand { from, to, amount });
            }
            let (source, target) = (node(&from)?, node(&to)?);
            // What a node sends to itself crosses no link.
            if source != target {
                demands.push((source, target, amount));
            }
        }
    }
    Ok(demands)
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
        assert_eq!(sizes, [(11, 14), (12, 15), (16, 49), (17, 26), (12, 18)]);
    }

    #[test]
    fn bad_input_is_refused_with_the_reason() {
        let two = r#""nodes": [{"id": 0, "name": "a"}, {"id": "b"}]"#;
        for (text, message) in [
            ("{".to_owned(), "test.json is not a topology: EOF while parsing an object at line 1 column 1"),
            ("[]".to_owned(), "test.json is not a topology: invalid length"),
            (r#"{"edges": []}"#.to_owned(), "missing field `nodes`"),
            (format!("{{{two}}}"), "missing field `edges`"),
            (r#"{"nodes": [{"name": "a"}], "edges": []}"#.to_owned(), "missing field `id`"),
            (r#"{"nodes": [], "edges": []}"#.to_owned(), "there are no nodes"),
            (r#"{"nodes": [{"id": [1]}], "edges": []}"#.to_owned(), "neither a number nor a string: [1]"),
            (r#"{"nodes": [{"id": 1}, {"id": "1"}], "edges": []}"#.to_owned(), "two nodes have the id 1"),
            (format!(r#"{{{two}, "edges": [{{"source": 0}}]}}"#), "missing field `target`"),
            (format!(r#"{{{two}, "edges": [{{"source": 0, "target": 7}}]}}"#), "edge 0 goes to node 7"),
            (format!(r#"{{{two}, "edges": [{{"source": "b", "target": "b"}}]}}"#), "from node b to itself"),
            (r#"{"nodes": [{"id": 1, "pos": [1]}], "edges": []}"#.to_owned(), "position of node 1"),
            (format!(r#"{{"graph": {{"demands": {{"0": {{"9": 1}}}}}}, {two}, "edges": []}}"#), "to node 9"),
            (format!(r#"{{"graph": {{"demands": {{"0": {{"b": -1}}}}}}, {two}, "edges": []}}"#), "0 to b is -1"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let nodes: Vec<String> = (0..=MOST_NODES).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
        let error = parse(&format!(r#"{{"nodes": [{}], "edges": []}}"#, nodes.join(","))).unwrap_err();
        assert!(matches!(error, TopologyError::TooManyNodes { found } if found == MOST_NODES + 1));
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
    fn a_name_of_several_nodes_is_not_guessed() {
        let twins = parse(r#"{"nodes": [{"id": 1, "name": "x"}, {"id": 2, "name": "X"}], "edges": []}"#).unwrap();
        assert!(twins.node("x").unwrap_err().to_string().contains("ids 1, 2"));
        assert_eq!(twins.node("2").unwrap(), 1);
    }
}
