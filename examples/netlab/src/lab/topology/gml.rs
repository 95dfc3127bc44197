//! GML, the format of the Internet Topology Zoo.

use serde_json::{Value, json};

use super::error::TopologyError;
use super::parsed::{Link, Parsed, Place};

/// Deeper lists are in no topology.
const DEEPEST: usize = 16;

/// A value, and the line on which it stands.
#[derive(Debug)]
enum Item {
    Plain(Value),
    List(Vec<(String, Item, u32)>),
}

/// Returns whether a text starts as GML does: with a key.
pub fn is_gml(text: &[u8]) -> bool {
    text.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'#')
        && text.windows(5).take(4096).any(|window| window.eq_ignore_ascii_case(b"graph"))
        && text.contains(&b'[')
}

struct Reader<'t> {
    file: &'t str,
    rest: &'t str,
    line: u32,
}

impl<'t> Reader<'t> {
    fn wrong(&self, problem: impl Into<String>) -> TopologyError {
        TopologyError::Text { file: self.file.to_owned(), line: self.line, problem: problem.into() }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.rest = rest;
        taken
    }

    fn skip(&mut self) {
        loop {
            self.take(self.rest.len() - self.rest.trim_start().len());
            if !self.rest.starts_with('#') {
                return;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    /// The next word: a bracket, a string with its quotes, or what ends before a space or bracket.
    fn word(&mut self) -> Result<&'t str, TopologyError> {
        self.skip();
        let length = match self.rest.chars().next() {
            None => 0,
            Some('[' | ']') => 1,
            Some('"') => {
                let end = self.rest[1..].find('"').ok_or_else(|| self.wrong("a string does not end"))?;
                end + 2
            }
            Some(_) => self.rest.find([' ', '\t', '\r', '\n', '[', ']']).unwrap_or(self.rest.len()),
        };
        Ok(self.take(length))
    }

    /// Keys and values up to the closing bracket, or the end of the file on the outside.
    fn list(&mut self, depth: usize) -> Result<Vec<(String, Item, u32)>, TopologyError> {
        let mut items = Vec::new();
        loop {
            let key = self.word()?;
            let line = self.line;
            match key {
                "" if depth == 0 => return Ok(items),
                "]" if depth > 0 => return Ok(items),
                "" => return Err(self.wrong("a list is not closed")),
                key if key.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    let value = self.value(depth)?;
                    items.push((key.to_owned(), value, line));
                }
                other => return Err(self.wrong(format!("expected a key, found `{other}`"))),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Item, TopologyError> {
        match self.word()? {
            "[" if depth >= DEEPEST => Err(self.wrong("the lists are too deep")),
            "[" => self.list(depth + 1).map(Item::List),
            "" | "]" => Err(self.wrong("a value is missing")),
            text if text.starts_with('"') => Ok(Item::Plain(json!(unescaped(&text[1..text.len() - 1])))),
            text => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => Ok(Item::Plain(json!(whole))),
                (_, Ok(number)) if number.is_finite() => Ok(Item::Plain(json!(number))),
                _ => Err(self.wrong(format!("`{text}` is neither a number nor a string"))),
            },
        }
    }
}

fn unescaped(text: &str) -> String {
    [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn plain<'i>(items: &'i [(String, Item, u32)], key: &str) -> impl Iterator<Item = &'i Value> {
    items.iter().filter_map(move |(other, item, _)| match item {
        Item::Plain(value) if other.eq_ignore_ascii_case(key) => Some(value),
        _ => None,
    })
}

pub fn parse(file: &str, text: &[u8]) -> Result<Parsed, TopologyError> {
    let text = String::from_utf8_lossy(text);
    let mut reader = Reader { file, rest: &text, line: 1 };
    let items = reader.list(0)?;
    let graph = items.into_iter().find_map(|(key, item, _)| match item {
        Item::List(items) if key.eq_ignore_ascii_case("graph") => Some(items),
        _ => None,
    });
    let graph = graph.ok_or_else(|| reader.wrong("there is no `graph [ … ]`"))?;
    let text_of = |value: &Value| value.as_str().map(str::to_owned);
    let first = |items: &[(String, Item, u32)], key: &str| plain(items, key).next().cloned();
    let mut parsed = Parsed {
        name: ["name", "label", "Network"].iter().find_map(|key| plain(&graph, key).find_map(text_of)),
        ..Parsed::default()
    };
    for (key, item, line) in &graph {
        let Item::List(items) = item else { continue };
        let wrong =
            |problem: &str| TopologyError::Text { file: file.to_owned(), line: *line, problem: problem.to_owned() };
        match key.as_str() {
            "node" => {
                let id = first(items, "id").ok_or_else(|| wrong("a node has no `id`"))?;
                let name = ["name", "label"].iter().find_map(|key| plain(items, key).find_map(text_of));
                let pos = match (first(items, "Longitude"), first(items, "Latitude")) {
                    (Some(longitude), Some(latitude)) => Some(json!([longitude, latitude])),
                    // networkx writes a list as the same key several times.
                    _ => Some(plain(items, "pos").cloned().collect::<Vec<_>>())
                        .filter(|pos| !pos.is_empty())
                        .map(Value::from),
                };
                parsed.nodes.push(Place { id, name, pos, line: Some(*line) });
            }
            "edge" => {
                let end = |key| first(items, key).ok_or_else(|| wrong(&format!("an edge has no `{key}`")));
                let length = plain(items, "dist").find_map(Value::as_f64);
                parsed.edges.push(Link { source: end("source")?, target: end("target")?, length, line: Some(*line) });
            }
            _ => {}
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use crate::lab::topology::Topology;

    const TWO: &str = r#"# A comment
graph [
  label "Two &amp; more"
  node [ id 0 label "left" Longitude -1.5 Latitude 50 graphics [ x 1 ] ]
  node [
    id 7
    pos 3.0
    pos 4.5
  ]
  edge [ source 0 target 7 dist 12.5 LinkLabel "OC-3" ]
]
"#;

    #[test]
    fn graphs_are_read() {
        let topology = Topology::parse("two.gml", TWO.as_bytes()).unwrap();
        assert_eq!((topology.name.as_str(), topology.nodes.len(), topology.length(0)), ("Two & more", 2, Some(12.5)));
        assert_eq!((topology.nodes[0].name.as_str(), topology.nodes[0].position), ("left", Some((-1.5, 50.0))));
        assert_eq!((topology.node("7").unwrap(), topology.nodes[1].position), (1, Some((3.0, 4.5))));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            (TWO.replace("target 7", "target 8"), "line 10: edge 0 leads to node 8"),
            (TWO.replace("id 7", "id 0"), "line 5: two nodes have the id 0"),
            (TWO.replace("id 7", ""), "line 5: a node has no `id`"),
            (TWO.replace("pos 4.5", ""), "line 5: the position of node 7"),
            (TWO.replace("id 0", "id zero"), "line 4: `zero` is neither a number nor a string"),
            (TWO.replace("\"left\"", "\"left"), "line 10: a value is missing"),
            (TWO.trim_end().trim_end_matches(']').to_owned(), "line 11: a list is not closed"),
            (TWO.replace("graph [", "graph [ ] other ["), "there are no nodes"),
            (TWO.replace("graph [", "digraph_ 1 graphs ["), "there is no `graph [ … ]`"),
            (format!("graph {}", "[ a ".repeat(100)), "the lists are too deep"),
        ] {
            let error = Topology::parse("two.gml", text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{message}: {error}");
        }
    }
}
