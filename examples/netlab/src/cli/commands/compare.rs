//! `compare`: the loads of two runs, link by link.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::args::Compare;
use crate::cli::output::Report;
use crate::cli::style::bold;
use crate::lab::names::printable;

/// The number of links that are shown: those that differ the most.
const SHOWN: usize = 10;

/// What is compared of a report.
#[derive(Deserialize)]
struct Run {
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    source: Value,
    target: Value,
    fwd: f64,
    bwd: f64,
}

pub fn compare(args: &Compare) -> Result<Report, Box<dyn Error>> {
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    let ends = |run: &Run| run.links.iter().map(|link| (link.source.clone(), link.target.clone())).collect::<Vec<_>>();
    if ends(&first) != ends(&second) {
        return Err("the reports are about different links".into());
    }
    let difference = |(a, b): (&Link, &Link)| (a.fwd - b.fwd).abs().max((a.bwd - b.bwd).abs());
    let pairs = || first.links.iter().zip(&second.links);
    let most = pairs().map(difference).fold(0.0, f64::max);
    let mut worst: Vec<(&Link, &Link)> = pairs().collect();
    worst.sort_by(|a, b| difference(*b).total_cmp(&difference(*a)));
    let mut text = format!("{}\n", bold(format!("{:<34} {:>20} {:>20}", "link", "there", "back")));
    for (a, b) in worst.iter().take(SHOWN) {
        let id = |id: &Value| id.as_str().map_or_else(|| id.to_string(), |text| printable(text).into_owned());
        let link = format!("{} -- {}", id(&a.source), id(&a.target));
        let change = |from: f64, to: f64| format!("{from:.2}% → {to:.2}%");
        _ = writeln!(text, "{link:<34} {:>20} {:>20}", change(a.fwd, b.fwd), change(a.bwd, b.bwd));
    }
    _ = writeln!(text, "\nat most {most:.2} percentage points on {} links", first.links.len());
    let success = args.tolerance.is_none_or(|tolerance| most <= tolerance);
    Ok(Report { text, json: json!({"links": first.links.len(), "difference": most}), success })
}

fn read(path: &Path) -> Result<Run, Box<dyn Error>> {
    let shown = path.display();
    let text = fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{shown} is not a report of `run --json`: {error}").into())
}
