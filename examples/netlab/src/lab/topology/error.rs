//! Errors about topologies and nodes.

use serde_json::Value;
use thiserror::Error;

/// Memory grows with the square, because each node has a route to each other one.
pub const MOST_NODES: usize = 2_000;
/// More than any network of that many nodes has in practice.
pub const MOST_EDGES: usize = 100_000;
pub const MOST_BYTES: u64 = 64 << 20;

/// The reason why a topology was rejected.
#[derive(Debug, Error)]
pub enum TopologyError {
    #[error("cannot read {file}: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("cannot read {file}: no such file; bundled topologies: {bundled}{hint}")]
    NotThere { file: String, hint: String, bundled: String },
    #[error("{file} is larger than {MOST_BYTES} bytes, more than a topology of {MOST_NODES} nodes needs")]
    TooLong { file: String },
    #[error("{file} is not a topology: {source}")]
    Json { file: String, source: serde_json::Error },
    #[error("{file} is not a topology: line {line}: {problem}")]
    Text { file: String, line: u32, problem: String },
    #[error("line {line}: {error}")]
    At { line: u32, error: Box<TopologyError> },
    #[error("{file} is in UTF-16: save it as UTF-8")]
    Utf16 { file: String },
    #[error("there are no nodes")]
    NoNodes,
    #[error("{found} nodes are too many, because each has a route to each other one: at most {MOST_NODES}")]
    TooManyNodes { found: usize },
    #[error("{found} edges are too many: at most {MOST_EDGES}")]
    TooManyEdges { found: usize },
    #[error("the id of node {index} is neither a number nor a string: {id}")]
    BadId { index: usize, id: Value },
    #[error("two nodes have the id {id}{}", if first == second { String::new() } else {
        format!(": {first} and {second} name the same node")
    })]
    DuplicateId { id: String, first: String, second: String },
    #[error("edge {index} leads to node {id}, which does not exist")]
    Nowhere { index: usize, id: String },
    #[error("edge {index} leads from node {id} to itself")]
    SelfLoop { index: usize, id: String },
    #[error("the position of node {id} is not a pair of finite numbers")]
    BadPosition { id: String },
    #[error("there is a demand from or to node {id}, which does not exist")]
    DemandNowhere { id: String },
    #[error("the demand from {from} to {to} is {amount}: it must be finite and not negative")]
    BadDemand { from: String, to: String, amount: f64 },
}

impl TopologyError {
    /// The error with its place in the file, if that is known.
    pub fn at(self, line: Option<u32>) -> Self {
        match line {
            Some(line) => Self::At { line, error: Box::new(self) },
            None => self,
        }
    }
}

/// The reason why a node was not found.
#[derive(Debug, Error)]
pub enum NodeError {
    #[error("there is no node `{wanted}`; {hint}")]
    Unknown { wanted: String, hint: String },
    #[error("several nodes have the name `{wanted}`: use one of the ids {ids}")]
    Ambiguous { wanted: String, ids: String },
}
