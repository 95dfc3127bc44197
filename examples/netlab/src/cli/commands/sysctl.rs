//! `sysctl`: the variables of a node.

use std::error::Error;
use std::fmt::Write;

use serde_json::{Map, Value as Json};
use vimage::sysctl::{self, Value};

use crate::cli::output::Report;
use crate::lab::network::Network;

/// The prefix of all variables of the stack.
pub const ROOT: &str = "net";

/// A line of the output.
struct Line {
    name: String,
    /// The value before it was set, if it was.
    old: Option<Value>,
    value: Value,
}

impl Line {
    fn values(&self) -> String {
        match &self.old {
            Some(old) => format!("{old} -> {}", self.value),
            None => self.value.to_string(),
        }
    }
}

/// Shows or sets the named variables, in order; shows all if none is named.
pub fn sysctl(network: &Network, node: usize, named: &[String]) -> Result<Report, Box<dyn Error>> {
    network.on(node, || {
        let mut lines = Vec::new();
        if named.is_empty() {
            lines = below(ROOT)?;
        }
        for text in named {
            match text.split_once('=') {
                Some((name, value)) => lines.push(set(name.trim(), value.trim())?),
                None => lines.extend(below(text.trim())?),
            }
        }
        report(&lines)
    })
}

fn set(name: &str, value: &str) -> Result<Line, sysctl::Error> {
    let old = sysctl::get(name)?;
    sysctl::set(name, value)?;
    Ok(Line { name: name.to_owned(), old: Some(old), value: sysctl::get(name)? })
}

/// The variable of this name, or all variables below it.
fn below(name: &str) -> Result<Vec<Line>, sysctl::Error> {
    let line = |found: sysctl::Listed| Ok(Line { name: found.name.to_owned(), old: None, value: found.value? });
    let lines: Vec<Line> = sysctl::list(name)?.into_iter().map(line).collect::<Result<_, _>>()?;
    if lines.is_empty() || name.is_empty() {
        // `module::name`, or the error with the closest name.
        return Ok(vec![Line { name: name.to_owned(), old: None, value: sysctl::get(name)? }]);
    }
    Ok(lines)
}

fn report(lines: &[Line]) -> Result<Report, Box<dyn Error>> {
    let values: Vec<String> = lines.iter().map(Line::values).collect();
    // Including the colon.
    let name_width = 1 + lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let value_width = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut json = Map::new();
    for (line, value) in lines.iter().zip(values) {
        let name = format!("{}:", line.name);
        let about = sysctl::describe(&line.name)?.text;
        _ = writeln!(text, "{name:name_width$} {value:<value_width$}  # {about}");
        json.insert(line.name.clone(), as_json(&line.value));
    }
    Ok(Report::new(text, Json::Object(json)))
}

/// A value as JSON; as text if JSON has no type for it.
fn as_json(value: &Value) -> Json {
    match value {
        Value::Unset => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => i64::try_from(*value).map_or_else(|_| Json::from(value.to_string()), Json::from),
        Value::Float(value) => Json::from(*value),
        other => Json::from(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[vimage::test]
    fn names_and_prefixes_are_shown_aligned() {
        let network = Network::host().unwrap();
        let show = |named: &[&str]| {
            let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
            sysctl(&network, 0, &named).map_err(|error| error.to_string())
        };
        // Another test may have changed the values.
        let names = |report: Report| report.json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let all = names(show(&[]).unwrap());
        assert!(all.len() > 3 && all == names(show(&["net"]).unwrap()));
        let part = show(&["net.link", "net.inet.ip"]).unwrap();
        let columns = |line: &str| (line.find(char::is_numeric), line.find('#'));
        let lines: Vec<&str> = part.text.lines().collect();
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names, ["net.link.mtu", "net.inet.ip.forwarding", "net.inet.ip.ttl"]);
        assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{}", part.text);
        // Names that only start with the same letters are not below it.
        assert!(show(&["net.in"]).unwrap_err().contains("`net.in`"));
        assert!(show(&[""]).is_err());
    }

    #[vimage::test]
    fn what_is_set_is_shown_with_what_it_was() {
        let network = Network::host().unwrap();
        let old = network.on(0, crate::stack::inet::ip_ttl);
        let set = sysctl(&network, 0, &["net.inet.ip.ttl=9".to_owned(), "net.inet.ip.ttl = 8".to_owned()]).unwrap();
        let first = format!("net.inet.ip.ttl: {:<7}  # ", format!("{old} -> 9"));
        assert!(set.text.starts_with(&first) && set.text.contains("\nnet.inet.ip.ttl: 9 -> 8 "), "{}", set.text);
        assert_eq!(set.json, serde_json::json!({"net.inet.ip.ttl": 8}));
        assert_eq!(network.on(0, crate::stack::inet::ip_ttl), 8);
        network.on(0, || sysctl::set("net.inet.ip.ttl", u32::from(old))).unwrap();
    }

    #[test]
    fn values_are_not_tied_to_a_type() {
        let cases = [
            (Value::Unset, Json::Null),
            (Value::Bool(true), Json::from(true)),
            (Value::Int(-3), Json::from(-3)),
            (Value::Int(i128::MAX), Json::from(i128::MAX.to_string())),
            (Value::Float(0.5), Json::from(0.5)),
            (Value::Text("count".to_owned()), Json::from("count")),
        ];
        for (value, expected) in cases {
            assert_eq!(as_json(&value), expected);
        }
    }
}
