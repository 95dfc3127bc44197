//! `sysctl`: the variables of a node.

use std::error::Error;
use std::fmt::Write;

use serde_json::{Map, Value};

use crate::cli::Report;
use crate::network::Network;
use crate::sysctl::{self, SYSCTLS, Sysctl};

pub fn sysctl(network: &Network, node: usize, variable: Option<&str>) -> Result<Report, Box<dyn Error>> {
    let shown: Vec<&Sysctl> = match variable.map(|text| text.split_once('=').ok_or(text)) {
        None => SYSCTLS.iter().collect(),
        Some(Err(name)) => vec![sysctl::find(name)?],
        Some(Ok((name, value))) => {
            network.on(node, || sysctl::set(name.trim(), value))?;
            vec![sysctl::find(name.trim())?]
        }
    };
    let mut text = String::new();
    let mut json = Map::new();
    for sysctl in shown {
        let value = network.on(node, || sysctl.get());
        _ = writeln!(text, "{}: {value:<8} # {}", sysctl.name, sysctl.description);
        json.insert(sysctl.name.to_owned(), Value::from(value));
    }
    Ok(Report::new(text, Value::Object(json)))
}
