//! What is read from a file of any format, before it is checked.

use std::collections::BTreeMap;

use serde_json::Value;

/// A network as a file has it.
#[derive(Debug, Default)]
pub struct Parsed {
    pub name: Option<String>,
    pub nodes: Vec<Place>,
    pub edges: Vec<Link>,
    pub demands: BTreeMap<String, BTreeMap<String, f64>>,
    pub given_loads: BTreeMap<String, Vec<(f64, f64)>>,
}

#[derive(Debug)]
pub struct Place {
    pub id: Value,
    pub name: Option<String>,
    pub pos: Option<Value>,
    /// Where it stands in the file, if the format tells.
    pub line: Option<u32>,
}

#[derive(Debug)]
pub struct Link {
    pub source: Value,
    pub target: Value,
    pub length: Option<f64>,
    pub line: Option<u32>,
}
