//! Checks what was read from a file of any format.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde_json::Value;

use super::error::{MOST_EDGES, MOST_NODES, TopologyError};
use super::graph::{Edge, Node, Topology, label};
use super::parsed::{Link, Parsed, Place};
use super::{gml, json, xml};

/// The lengths that a link can have, in kilometres. Others would be delays that no clock can count.
const LENGTHS: Range<f64> = 0.0..1e6;

/// The nodes by their ids as text.
type Index = HashMap<String, usize>;

impl Topology {
    /// Parses the text of a file, in the format that it looks like; `file` is its name, for messages.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, TopologyError> {
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return Err(TopologyError::Utf16 { file: file.to_owned() });
        }
        // Editors on Windows begin files with a byte order mark, which the formats do not know.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let parsed = match text.trim_ascii_start() {
            [b'<', ..] => xml::parse(file, text)?,
            start if gml::is_gml(start) => gml::parse(file, text)?,
            _ => json::parse(file, text)?,
        };
        let Parsed { name, nodes, edges, demands, given_loads } = parsed;
        if nodes.is_empty() {
            return Err(TopologyError::NoNodes);
        }
        if nodes.len() > MOST_NODES {
            return Err(TopologyError::TooManyNodes { found: nodes.len() });
        }
        if edges.len() > MOST_EDGES {
            return Err(TopologyError::TooManyEdges { found: edges.len() });
        }
        let (nodes, index) = check_nodes(nodes)?;
        // No link is longer; what else a file may mean by these names is not required to be a length.
        let lengths = edges.iter().map(|edge| edge.length.filter(|length| LENGTHS.contains(length))).collect();
        let edges = check_edges(&edges, &index)?;
        let demands = check_demands(demands, &index)?;
        Ok(Self { name: name.unwrap_or_else(|| file.to_owned()), nodes, edges, demands, given_loads, lengths })
    }
}

fn check_nodes(parsed: Vec<Place>) -> Result<(Vec<Node>, Index), TopologyError> {
    let mut index = Index::new();
    let mut nodes: Vec<Node> = Vec::with_capacity(parsed.len());
    for (i, Place { id, name, pos, line }) in parsed.into_iter().enumerate() {
        let at = |error: TopologyError| error.at(line);
        if !matches!(id, Value::Number(_) | Value::String(_)) {
            return Err(at(TopologyError::BadId { index: i, id }));
        }
        let text = label(&id);
        let position = match pos {
            None | Some(Value::Null) => None,
            Some(pos) => Some(position(&pos).ok_or_else(|| at(TopologyError::BadPosition { id: text.clone() }))?),
        };
        if let Some(other) = index.insert(text.clone(), i) {
            let (first, second) = (nodes[other].id.to_string(), id.to_string());
            return Err(at(TopologyError::DuplicateId { id: text, first, second }));
        }
        nodes.push(Node { name: name.unwrap_or(text), id, position });
    }
    Ok((nodes, index))
}

fn position(pos: &Value) -> Option<(f64, f64)> {
    match pos.as_array()?.as_slice() {
        [x, y] => Some((x.as_f64().filter(|x| x.is_finite())?, y.as_f64().filter(|y| y.is_finite())?)),
        _ => None,
    }
}

fn check_edges(parsed: &[Link], index: &Index) -> Result<Vec<Edge>, TopologyError> {
    let edge = |(i, Link { source, target, line, .. }): (usize, &Link)| {
        let end = |id: &Value| {
            let node = index.get(&label(id)).copied();
            node.ok_or_else(|| TopologyError::Nowhere { index: i, id: label(id) }.at(*line))
        };
        let edge = Edge { source: end(source)?, target: end(target)? };
        if edge.source == edge.target {
            return Err(TopologyError::SelfLoop { index: i, id: label(source) }.at(*line));
        }
        Ok(edge)
    };
    parsed.iter().enumerate().map(edge).collect()
}

fn check_demands(
    parsed: BTreeMap<String, BTreeMap<String, f64>>,
    index: &Index,
) -> Result<Vec<(usize, usize, f64)>, TopologyError> {
    let node = |id: &String| index.get(id).copied().ok_or_else(|| TopologyError::DemandNowhere { id: id.clone() });
    let mut demands = Vec::new();
    for (from, row) in parsed {
        for (to, amount) in row {
            if !(amount.is_finite() && amount >= 0.0) {
                return Err(TopologyError::BadDemand { from, to, amount });
            }
            let (source, target) = (node(&from)?, node(&to)?);
            // Traffic from a node to itself crosses no link.
            if source != target {
                demands.push((source, target, amount));
            }
        }
    }
    Ok(demands)
}
