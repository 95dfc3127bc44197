//! GraphML, and the XML of SNDlib.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::error::TopologyError;
use super::parsed::{Link, Parsed, Place};

struct File<'f, 'd> {
    name: &'f str,
    document: &'d Document<'d>,
}

pub fn parse(file: &str, text: &[u8]) -> Result<Parsed, TopologyError> {
    let text = String::from_utf8_lossy(text);
    let document = Document::parse(&text).map_err(|error| TopologyError::Text {
        file: file.to_owned(),
        line: error.pos().row,
        problem: error.to_string(),
    })?;
    let root = document.root_element();
    let file = File { name: file, document: &document };
    match root.tag_name().name() {
        "graphml" => file.graphml(root),
        "network" => file.sndlib(root),
        other => Err(file.wrong(root, format!("`<{other}>` is neither `<graphml>` nor SNDlib's `<network>`"))),
    }
}

fn child<'d>(node: Node<'d, 'd>, name: &str) -> Option<Node<'d, 'd>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn all<'d>(node: Node<'d, 'd>, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
    node.descendants().filter(move |node| node.tag_name().name() == name)
}

fn text_of<'d>(node: Node<'d, 'd>, name: &str) -> Option<&'d str> {
    child(node, name)?.text().map(str::trim)
}

impl<'d> File<'_, 'd> {
    fn line(&self, node: Node<'d, 'd>) -> u32 {
        self.document.text_pos_at(node.range().start).row
    }

    fn wrong(&self, node: Node<'d, 'd>, problem: String) -> TopologyError {
        TopologyError::Text { file: self.name.to_owned(), line: self.line(node), problem }
    }

    fn attribute(&self, node: Node<'d, 'd>, name: &str) -> Result<&'d str, TopologyError> {
        let missing = || self.wrong(node, format!("`<{}>` has no `{name}`", node.tag_name().name()));
        node.attribute(name).ok_or_else(missing)
    }

    fn number(&self, node: Node<'d, 'd>, text: &str) -> Result<f64, TopologyError> {
        text.parse().map_err(|_| self.wrong(node, format!("`{text}` is not a number")))
    }

    fn graphml(&self, root: Node<'d, 'd>) -> Result<Parsed, TopologyError> {
        let graph = child(root, "graph").ok_or_else(|| self.wrong(root, "there is no `<graph>`".to_owned()))?;
        // Data is named by keys that are declared with the names that people know.
        let keys: BTreeMap<&str, &str> =
            all(root, "key").filter_map(|key| Some((key.attribute("id")?, key.attribute("attr.name")?))).collect();
        let data = |node: Node<'d, 'd>, wanted: &str| {
            let is_wanted = |data: &Node<'d, 'd>| {
                let name = data.attribute("key").and_then(|key| keys.get(key));
                data.tag_name().name() == "data" && name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
            };
            node.children().find(is_wanted).and_then(|data| data.text()).map(str::trim)
        };
        let mut parsed = Parsed { name: data(graph, "Network").map(str::to_owned), ..Parsed::default() };
        for node in all(graph, "node") {
            let pos = match (data(node, "Longitude"), data(node, "Latitude")) {
                (Some(x), Some(y)) => Some(json!([self.number(node, x)?, self.number(node, y)?])),
                _ => None,
            };
            let name = data(node, "label").or_else(|| data(node, "name")).map(str::to_owned);
            let id = Value::from(self.attribute(node, "id")?);
            parsed.nodes.push(Place { id, name, pos, line: Some(self.line(node)) });
        }
        for edge in all(graph, "edge") {
            let end = |name| self.attribute(edge, name).map(Value::from);
            let length = data(edge, "dist").map(|text| self.number(edge, text)).transpose()?;
            parsed.edges.push(Link {
                source: end("source")?,
                target: end("target")?,
                length,
                line: Some(self.line(edge)),
            });
        }
        Ok(parsed)
    }

    fn sndlib(&self, root: Node<'d, 'd>) -> Result<Parsed, TopologyError> {
        let text = |node: Node<'d, 'd>, name: &str| {
            text_of(node, name)
                .ok_or_else(|| self.wrong(node, format!("`<{}>` has no `<{name}>`", node.tag_name().name())))
        };
        let mut parsed = Parsed::default();
        for node in all(root, "node") {
            let pos = child(node, "coordinates").map(|pos| -> Result<Value, TopologyError> {
                Ok(json!([self.number(pos, text(pos, "x")?)?, self.number(pos, text(pos, "y")?)?]))
            });
            let id = Value::from(self.attribute(node, "id")?);
            parsed.nodes.push(Place { id, name: None, pos: pos.transpose()?, line: Some(self.line(node)) });
        }
        for link in all(root, "link") {
            let end = |name| text(link, name).map(Value::from);
            parsed.edges.push(Link {
                source: end("source")?,
                target: end("target")?,
                length: None,
                line: Some(self.line(link)),
            });
        }
        for demand in all(root, "demand") {
            let amount = self.number(demand, text(demand, "demandValue")?)?;
            let row = parsed.demands.entry(text(demand, "source")?.to_owned()).or_default();
            *row.entry(text(demand, "target")?.to_owned()).or_default() += amount;
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use crate::lab::topology::Topology;

    const GRAPHML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d1"/>
  <key attr.name="Longitude" attr.type="double" for="node" id="d2"/>
  <key attr.name="Latitude" attr.type="double" for="node" id="d3"/>
  <graph edgedefault="undirected">
    <node id="0"><data key="d1">left</data><data key="d2">-1.5</data><data key="d3">50</data></node>
    <node id="7"/>
    <edge source="0" target="7"/>
  </graph>
</graphml>"#;

    const SNDLIB: &str = r#"<?xml version="1.0"?>
<network xmlns="http://sndlib.zib.de/network" version="1.0">
  <networkStructure>
    <nodes coordinatesType="geographical">
      <node id="A"><coordinates><x>-84.38</x><y>33.75</y></coordinates></node>
      <node id="B"><coordinates><x>-87.62</x><y>41.88</y></coordinates></node>
    </nodes>
    <links>
      <link id="L1"><source>A</source><target>B</target></link>
    </links>
  </networkStructure>
  <demands>
    <demand id="D1"><source>A</source><target>B</target><demandValue>42.5</demandValue></demand>
  </demands>
</network>"#;

    #[test]
    fn both_formats_are_read() {
        let graphml = Topology::parse("two.graphml", GRAPHML.as_bytes()).unwrap();
        assert_eq!((graphml.nodes.len(), graphml.edges.len()), (2, 1));
        assert_eq!((graphml.nodes[0].name.as_str(), graphml.nodes[0].position), ("left", Some((-1.5, 50.0))));
        let sndlib = Topology::parse("two.xml", SNDLIB.as_bytes()).unwrap();
        assert_eq!((sndlib.edges.len(), &sndlib.demands[..]), (1, &[(0, 1, 42.5)][..]));
        assert_eq!(sndlib.nodes[1].position, Some((-87.62, 41.88)));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            (GRAPHML.replace("target=\"7\"", "target=\"8\""), "line 9: edge 0 leads to node 8"),
            (GRAPHML.replace("target=\"7\"", ""), "line 9: `<edge>` has no `target`"),
            (GRAPHML.replace(">50<", ">north<"), "line 7: `north` is not a number"),
            (GRAPHML.replace("</graphml>", ""), "opened but never closed"),
            (SNDLIB.replace("<target>B</target></link>", "</link>"), "line 9: `<link>` has no `<target>`"),
            (
                SNDLIB.replace("<target>B</target></link>", "<target>A</target></link>"),
                "line 9: edge 0 leads from node A to itself",
            ),
            (SNDLIB.replace("42.5", "-1"), "the demand from A to B is -1"),
            ("<html></html>".to_owned(), "line 1: `<html>` is neither"),
        ] {
            let error = Topology::parse("two.xml", text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{message}: {error}");
        }
    }
}
