//! `sysctl`: the variables of a node.

use std::error::Error;
use std::fmt::Write;

use serde_json::{Map, Value};
use vimage::sysctl;

use crate::cli::Report;
use crate::network::Network;

pub fn sysctl(network: &Network, node: usize, variable: Option<&str>) -> Result<Report, Box<dyn Error>> {
    network.on(node, || {
        let names = match variable.map(|text| text.split_once('=').ok_or(text)) {
            None => sysctl::list("net")?.into_iter().map(|listed| listed.name.to_owned()).collect(),
            Some(Err(name)) => vec![name.to_owned()],
            Some(Ok((name, value))) => {
                sysctl::set(name.trim(), value.trim())?;
                vec![name.trim().to_owned()]
            }
        };
        let mut text = String::new();
        let mut json = Map::new();
        for name in names {
            let value: u32 = sysctl::get_as(&name)?;
            _ = writeln!(text, "{name}: {value:<8} # {}", sysctl::describe(&name)?.text);
            json.insert(name, Value::from(value));
        }
        Ok(Report::new(text, Value::Object(json)))
    })
}
