//! A network as a file describes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::error::NodeError;
use crate::lab::names::{self, printable};

/// A node of the network: the place of a machine.
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

/// A valid network: at least one node, distinct ids, edges between two existing nodes.
#[derive(Debug)]
pub struct Topology {
    pub name: String,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// From, to, how much; each is sent in both directions.
    pub demands: Vec<(usize, usize, f64)>,
    /// Loads of all links in percent that the file has from elsewhere, by demand model.
    pub given_loads: BTreeMap<String, Vec<(f64, f64)>>,
    /// The lengths of the links in kilometres, where known.
    pub lengths: Vec<Option<f64>>,
}

impl Topology {
    /// The base machine alone.
    pub fn host() -> Self {
        let node = Node { id: Value::from("localhost"), name: "this host".to_owned(), position: None };
        Self {
            name: node.name.clone(),
            nodes: vec![node],
            edges: Vec::new(),
            demands: Vec::new(),
            given_loads: BTreeMap::new(),
            lengths: Vec::new(),
        }
    }

    /// The name, for a terminal.
    pub fn shown(&self) -> Cow<'_, str> {
        printable(&self.name)
    }

    /// The index of the node with this id, or else with this name, in any case.
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

    /// The number of connected components.
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

    /// The length of a link in kilometres: that of the file, or else the distance of its nodes on the globe.
    pub fn length(&self, edge: usize) -> Option<f64> {
        self.lengths[edge].or_else(|| {
            let Edge { source, target } = self.edges[edge];
            distance(self.nodes[source].position?, self.nodes[target].position?)
        })
    }

    /// The number of links of each node.
    pub fn degrees(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.nodes.len()];
        for edge in &self.edges {
            degrees[edge.source] += 1;
            degrees[edge.target] += 1;
        }
        degrees
    }
}

/// The distance of two places on the globe in kilometres; `None` if they are not degrees of longitude and latitude.
fn distance(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    const DIAMETER: f64 = 12_742.0;
    let on_globe = |(x, y): (f64, f64)| x.abs() <= 180.0 && y.abs() <= 90.0;
    if !on_globe(a) || !on_globe(b) {
        return None;
    }
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let haversine = half(a.1, b.1) + a.1.to_radians().cos() * b.1.to_radians().cos() * half(a.0, b.0);
    Some(DIAMETER * haversine.sqrt().min(1.0).asin())
}

/// An id as text. `0`, `0.0` and `"0"` are the same node, because JSON has one type of numbers and the keys of the
/// demands are strings.
pub fn label(id: &Value) -> String {
    /// Up to here each whole number has a floating point number of its own.
    const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    match id {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() <= EXACT => (whole as i64).to_string(),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Topology {
        Topology::parse("test.json", text.as_bytes()).unwrap()
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
    fn links_are_as_long_as_the_file_says_or_as_the_globe_is() {
        let nodes = r#"[{"id": 0, "pos": [0, 0]}, {"id": 1, "pos": [0, 90]}, {"id": 2, "pos": [500, 0]}]"#;
        let edges =
            r#"[{"source": 0, "target": 1, "dist": 7}, {"source": 0, "target": 1}, {"source": 0, "target": 2}]"#;
        let topology = parse(&format!(r#"{{"nodes": {nodes}, "edges": {edges}}}"#));
        assert_eq!((topology.length(0), topology.length(2)), (Some(7.0), None));
        assert!((topology.length(1).unwrap() - 10_007.5).abs() < 1.0);
    }

    #[test]
    fn what_is_no_length_is_not_known_in_any_format() {
        let json = r#"{"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1, "dist": DIST}]}"#;
        let gml = "graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 dist DIST ] ]";
        let graphml = r#"<graphml><key id="d" attr.name="dist"/><graph><node id="0"/><node id="1"/>
            <edge source="0" target="1"><data key="d">DIST</data></edge></graph></graphml>"#;
        for file in [json, gml, graphml] {
            let length = |dist: &str| parse(&file.replace("DIST", dist)).length(0);
            assert_eq!((length("12.5"), length("1e300"), length("-1")), (Some(12.5), None, None), "{file}");
        }
        assert_eq!(parse(&graphml.replace("DIST", "nan")).length(0), None);
    }

    #[test]
    fn parts_are_counted() {
        let parts = |edges: &[(u32, u32)]| {
            let nodes: Vec<String> = (0..6).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
            let edges = edges.iter().map(|(a, b)| format!(r#"{{"source": {a}, "target": {b}}}"#));
            let edges = edges.collect::<Vec<_>>().join(",");
            parse(&format!(r#"{{"nodes": [{}], "edges": [{edges}]}}"#, nodes.join(","))).parts()
        };
        assert_eq!(parts(&[]), 6);
        assert_eq!(parts(&[(0, 1), (4, 5), (3, 4), (1, 0)]), 3);
        assert_eq!(parts(&[(5, 4), (4, 3), (3, 2), (2, 1), (1, 0), (0, 5)]), 1);
    }

    #[test]
    fn a_name_of_several_nodes_is_not_guessed() {
        let twins = parse(r#"{"nodes": [{"id": 1, "name": "x"}, {"id": 2, "name": "X"}], "edges": []}"#);
        assert!(twins.node("x").unwrap_err().to_string().contains("ids 1, 2"));
        assert_eq!(twins.node("2").unwrap(), 1);
    }
}
