//! Node-link JSON, as networkx and TopoHub write it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::TopologyError;
use super::parsed::{Link, Parsed, Place};

/// A JSON object. A derived struct alone would also accept an array, field by field.
struct Object<T>(T);

trait Expected {
    const EXPECTED: &'static str;
}

impl<'de, T: Deserialize<'de> + Expected> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Expected> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

#[derive(Deserialize)]
struct File {
    graph: Option<Object<Graph>>,
    nodes: Vec<Object<FileNode>>,
    /// `links` in files by older versions of networkx.
    #[serde(alias = "links")]
    edges: Vec<Object<FileEdge>>,
}

impl Expected for File {
    const EXPECTED: &'static str = "an object with `nodes` and `edges`";
}

#[derive(Default, Deserialize)]
struct Graph {
    name: Option<String>,
    #[serde(default)]
    demands: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Expected for Graph {
    const EXPECTED: &'static str = "an object with what is known of the graph";
}

#[derive(Deserialize)]
struct FileNode {
    id: Value,
    name: Option<String>,
    pos: Option<Value>,
}

impl Expected for FileNode {
    const EXPECTED: &'static str = "a node: an object with an `id`";
}

#[derive(Deserialize)]
struct FileEdge {
    source: Value,
    target: Value,
    /// Loads by demand model, as TopoHub writes them. Another program may mean something else by these names, so
    /// nothing is required of them.
    #[serde(default)]
    ecmp_fwd: Value,
    #[serde(default)]
    ecmp_bwd: Value,
    /// Kilometres.
    #[serde(default)]
    dist: Value,
}

impl Expected for FileEdge {
    const EXPECTED: &'static str = "an edge: an object with `source` and `target`";
}

/// Parses the text of a file; `file` is its name, for messages.
pub fn parse(file: &str, text: &[u8]) -> Result<Parsed, TopologyError> {
    let Object(File { graph, nodes, edges }) =
        serde_json::from_slice(text).map_err(|source| TopologyError::Json { file: file.to_owned(), source })?;
    let Graph { name, demands } = graph.map(|Object(graph)| graph).unwrap_or_default();
    let given_loads = given_loads(&edges);
    let place = |Object(FileNode { id, name, pos }): Object<FileNode>| Place { id, name, pos, line: None };
    let link = |Object(FileEdge { source, target, dist, .. }): Object<FileEdge>| Link {
        source,
        target,
        length: dist.as_f64(),
        line: None,
    };
    Ok(Parsed {
        name,
        nodes: nodes.into_iter().map(place).collect(),
        edges: edges.into_iter().map(link).collect(),
        demands,
        given_loads,
    })
}

/// The loads of the models that all edges have loads for.
fn given_loads(edges: &[Object<FileEdge>]) -> BTreeMap<String, Vec<(f64, f64)>> {
    let models =
        edges.first().and_then(|Object(edge)| edge.ecmp_fwd.as_object()).into_iter().flat_map(|map| map.keys());
    let of_model = |model: &String| {
        let load = |Object(edge): &Object<FileEdge>| {
            Some((edge.ecmp_fwd.get(model)?.as_f64()?, edge.ecmp_bwd.get(model)?.as_f64()?))
        };
        Some((model.clone(), edges.iter().map(load).collect::<Option<_>>()?))
    };
    models.filter_map(of_model).collect()
}

#[cfg(test)]
mod tests {
    use crate::lab::topology::error::{MOST_NODES, TopologyError};
    use crate::lab::topology::{Edge, Topology};

    fn parse(text: &str) -> Result<Topology, TopologyError> {
        Topology::parse("test.json", text.as_bytes())
    }

    #[test]
    fn bad_input_is_refused_with_the_reason() {
        let two = r#""nodes": [{"id": 0, "name": "a"}, {"id": "b"}]"#;
        for (text, message) in [
            ("{".to_owned(), "test.json is not a topology: EOF while parsing an object at line 1 column 1"),
            (r#"{"edges": []}"#.to_owned(), "missing field `nodes`"),
            (format!("{{{two}}}"), "missing field `edges`"),
            (format!(r#"{{{two}, "edges": [], "links": []}}"#), "duplicate field `edges`"),
            (r#"{"nodes": [{"name": "a"}], "edges": []}"#.to_owned(), "missing field `id`"),
            (r#"{"nodes": [], "edges": []}"#.to_owned(), "there are no nodes"),
            (r#"{"nodes": [{"id": [1]}], "edges": []}"#.to_owned(), "neither a number nor a string: [1]"),
            (r#"{"nodes": [{"id": 1}, {"id": 1}], "edges": []}"#.to_owned(), "two nodes have the id 1"),
            (r#"{"nodes": [{"id": 1}, {"id": "1"}], "edges": []}"#.to_owned(), r#"1 and "1" name the same node"#),
            (r#"{"nodes": [{"id": 1}, {"id": 1.0}], "edges": []}"#.to_owned(), "1 and 1.0 name the same node"),
            (format!(r#"{{{two}, "edges": [{{"source": 0}}]}}"#), "missing field `target`"),
            (format!(r#"{{{two}, "edges": [{{"source": 0, "target": 7}}]}}"#), "edge 0 leads to node 7"),
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
    fn arrays_are_no_objects() {
        let two = r#""nodes": [{"id": 0}, {"id": 1}]"#;
        for (text, message) in [
            ("[]".to_owned(), "invalid type: sequence, expected an object with `nodes` and `edges`"),
            (r#"[{},[[0,"a",null],[1,"b",null]],[[0,1]]]"#.to_owned(), "expected an object with `nodes` and `edges`"),
            (r#"{"nodes": [[0, "a", null]], "edges": []}"#.to_owned(), "expected a node: an object with an `id`"),
            (format!(r#"{{{two}, "edges": [[0, 1]]}}"#), "expected an edge: an object with `source` and `target`"),
            (format!(r#"{{"graph": ["x", {{}}], {two}, "edges": []}}"#), "expected an object with what is known"),
            (r#"{"nodes": 7, "edges": []}"#.to_owned(), "invalid type: integer `7`, expected a sequence"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(message) && !error.contains("struct"), "{text}: {error}");
        }
    }

    #[test]
    fn whole_numbers_are_ids_however_they_are_written() {
        let text = r#"{"graph": {"demands": {"1": {"2": 1}}}, "nodes": [{"id": 1.0}, {"id": 2}, {"id": 2.5}],
            "edges": [{"source": 1, "target": 2.0}, {"source": "2.5", "target": "1"}]}"#;
        let topology = parse(text).unwrap();
        let edges = [(0, 1), (2, 0)].map(|(source, target)| Edge { source, target });
        assert_eq!((&topology.edges[..], &topology.demands[..]), (&edges[..], &[(0, 1, 1.0)][..]));
        let names: Vec<&str> = topology.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["1", "2", "2.5"]);
    }

    #[test]
    fn edges_may_be_called_links() {
        let text = r#"{"nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2}]}"#;
        assert_eq!(parse(text).unwrap().edges, [Edge { source: 0, target: 1 }]);
    }

    #[test]
    fn byte_order_marks_are_skipped_or_named() {
        let text = r#"{"nodes": [{"id": 1}], "edges": []}"#;
        assert_eq!(parse(&format!("\u{feff}{text}")).unwrap().nodes.len(), 1);
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = Topology::parse("test.json", &utf16).unwrap_err();
        assert_eq!(error.to_string(), "test.json is in UTF-16: save it as UTF-8");
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let nodes: Vec<String> = (0..=MOST_NODES).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
        let error = parse(&format!(r#"{{"nodes": [{}], "edges": []}}"#, nodes.join(","))).unwrap_err();
        assert!(matches!(error, TopologyError::TooManyNodes { found } if found == MOST_NODES + 1));
    }
}
