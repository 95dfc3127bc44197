//! `run`: traffic between all nodes.

use std::error::Error;
use std::fmt::Write;

use anstyle::AnsiColor;
use serde_json::json;

use crate::cli::args::Run;
use crate::cli::flood::{Plan, flood, plan};
use crate::cli::output::{Report, write_file};
use crate::cli::picture::{report, svg};
use crate::cli::style::{bold, grouped, paint};
use crate::lab::flood::Outcome;
use crate::lab::loads;
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::traffic::Model;

pub fn run(topology: &Topology, network: &Network, args: &Run, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let plan = plan(topology, &args.traffic)?;
    let outcome = flood(topology, network, &plan, quiet)?;
    let loads = outcome.loads();
    let model = args.traffic.traffic;
    let accuracy = Accuracy::new(topology, model, &plan, &loads);
    let mut text = text(topology, model, &outcome, &loads);
    text.push_str(&accuracy.text());
    if let Some(path) = &args.svg {
        let picture = svg::map(topology, &loads, model.name());
        if args.prints_map() {
            text = picture;
        } else {
            write_file(path, &picture)?;
        }
    }
    if let Some(path) = &args.html {
        write_file(path, &report::of_run(topology, network, model.name(), &outcome, &plan.exact))?;
    }
    let links: Vec<_> = topology
        .edges
        .iter()
        .zip(&loads)
        .map(|(edge, (forward, backward))| {
            json!({
                "source": topology.nodes[edge.source].id,
                "target": topology.nodes[edge.target].id,
                "fwd": forward,
                "bwd": backward,
            })
        })
        .collect();
    let json = json!({
        "topology": topology.name,
        "traffic": model.name(),
        "sent": outcome.sent,
        "delivered": outcome.delivered,
        "dropped": outcome.dropped,
        "hops": outcome.hops,
        "seconds": outcome.duration.as_secs_f64(),
        "error": accuracy.error,
        "error_bound": accuracy.bound,
        "error_from_file": accuracy.from_file,
        "links": links,
    });
    Ok(Report::new(text, json))
}

/// How far the loads are off, in percentage points.
struct Accuracy {
    /// From the exact loads.
    error: f64,
    /// What it may be at most, if no packet is dropped.
    bound: f64,
    /// From the loads in the file, if it has any for the model.
    from_file: Option<f64>,
}

impl Accuracy {
    fn new(topology: &Topology, model: Model, plan: &Plan, loads: &[(f64, f64)]) -> Self {
        let from_file = topology.given_loads.get(model.name()).map(|given| loads::difference(loads, given));
        Self { error: loads::difference(loads, &plan.exact), bound: plan.bound, from_file }
    }

    fn text(&self) -> String {
        let Self { error, bound, from_file } = self;
        let from_file = from_file.map(|error| format!("; from those in the file {error:.2}")).unwrap_or_default();
        let bound = format!("without drops at most {bound:.2}");
        format!("loads      at most {error:.2} percentage points from the exact ones ({bound}){from_file}\n")
    }
}

fn text(topology: &Topology, model: Model, outcome: &Outcome, loads: &[(f64, f64)]) -> String {
    let mut text = String::new();
    let nodes = topology.nodes.len();
    let title =
        format!("{}: {nodes} vnets, {} links, {} traffic", topology.shown(), topology.edges.len(), model.name());
    _ = writeln!(text, "{}\n", bold(title));
    let name = |node: usize| topology.nodes[node].shown();
    let width = topology.nodes.iter().map(|node| node.shown().chars().count()).max().unwrap_or(0);
    let mut links: Vec<_> = topology.edges.iter().zip(loads).collect();
    links.sort_by(|(_, a), (_, b)| b.0.max(b.1).total_cmp(&a.0.max(a.1)));
    if !links.is_empty() {
        let heading =
            format!("{:width$}    {:width$} {:>8} {:>8}  load of the busier direction", "link", "", "there", "back");
        _ = writeln!(text, "{}", bold(heading));
    }
    for (edge, &(forward, backward)) in links {
        let busier = forward.max(backward);
        let bar = "█".repeat((busier / 4.0).round() as usize);
        _ = writeln!(
            text,
            "{:width$} -- {:width$} {forward:>7.2}% {backward:>7.2}%  {}",
            name(edge.source),
            name(edge.target),
            paint(color(busier), bar),
        );
    }
    _ = writeln!(text, "\nsent       {:>14}", grouped(outcome.sent));
    _ = writeln!(text, "delivered  {:>14}", grouped(outcome.delivered));
    let lost: u64 = outcome.dropped.values().sum();
    _ = writeln!(text, "dropped    {:>14}", grouped(lost));
    for (reason, count) in &outcome.dropped {
        _ = writeln!(
            text,
            "  {:<15}{}",
            reason.replace('_', " "),
            paint(AnsiColor::Red, format!("{:>8}", grouped(*count)))
        );
    }
    let rate = grouped(outcome.hops_per_second() as u64);
    let seconds = outcome.duration.as_secs_f64();
    _ = writeln!(text, "hops       {:>14}  in {seconds:.3} s: {rate} packet-hops per second", grouped(outcome.hops));
    text
}

fn color(load: f64) -> AnsiColor {
    match load {
        75.0.. => AnsiColor::Red,
        50.0.. => AnsiColor::Yellow,
        25.0.. => AnsiColor::Green,
        _ => AnsiColor::Cyan,
    }
}
