//! `scale --growth`: time and memory over the number of vnets.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::cli::args::Scale;
use crate::cli::output::{Report, write_file};
use crate::cli::picture::plot::{Line, plot_over, stacked};
use crate::cli::progress::Progress;
use crate::cli::style::{bold, grouped};

/// The network and smaller ones of its shape, of a quarter, a half and three quarters of its size.
const PARTS: u32 = 4;

/// Measures each size in a process of its own, because what a process has freed stays with it, and draws them.
pub fn growth(args: &Scale, picture: &Path, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let progress = Progress::new("growing", u64::from(PARTS), quiet);
    let mut sizes: Vec<Size> = Vec::new();
    for part in 1..=PARTS {
        let nodes = (u64::from(args.nodes) * u64::from(part) / u64::from(PARTS)).max(1);
        let size = Size::measure(args, nodes)?;
        // A fat tree has some sizes only.
        if sizes.last().is_none_or(|last| last.nodes < size.nodes) {
            sizes.push(size);
        }
        progress.inc(1);
    }
    drop(progress);
    let over = |value: fn(&Size) -> f64| {
        let points = sizes.iter().map(|size| (size.nodes, value(size)));
        [(0.0, 0.0)].into_iter().chain(points).collect::<Vec<_>>()
    };
    let line = |name, color, values| Line { name, color, values };
    let vnets = |nodes: f64| grouped(nodes as u64);
    let seconds = [
        line("milliseconds: all", "#c0392b", over(|size| 1e3 * (size.create + size.connect + size.ping))),
        line("links and routes", "#2980b9", over(|size| 1e3 * size.connect)),
        line("created", "#27ae60", over(|size| 1e3 * size.create)),
    ];
    let memory = [line("megabytes, with interfaces and routes", "#8e44ad", over(|size| size.megabytes))];
    write_file(picture, &stacked(&[plot_over(&seconds, &[], vnets), plot_over(&memory, &[], vnets)]))?;

    let mut text = format!(
        "{}\n",
        bold(format!("{:>10} {:>10} {:>16} {:>10} {:>12}", "vnets", "created", "links and routes", "pinged", "memory"))
    );
    for size in &sizes {
        let Size { nodes, create, connect, ping, megabytes } = size;
        _ = writeln!(text, "{:>10} {create:>8.3} s {connect:>14.3} s {ping:>8.3} s {megabytes:>9.1} MB", vnets(*nodes));
    }
    let rows: Vec<Value> = sizes.iter().map(Size::json).collect();
    Ok(Report::new(text, json!({ "sizes": rows })))
}

/// A network of one size; times in seconds.
struct Size {
    nodes: f64,
    create: f64,
    connect: f64,
    ping: f64,
    megabytes: f64,
}

impl Size {
    fn measure(args: &Scale, nodes: u64) -> Result<Self, Box<dyn Error>> {
        let shape = args.shape_name();
        let mut this = Command::new(std::env::current_exe()?);
        this.args([
            "scale",
            "--json",
            "--nodes",
            &nodes.to_string(),
            "--shape",
            &shape,
            "--seed",
            &args.seed.to_string(),
        ]);
        let output = this.output()?;
        if !output.status.success() {
            return Err(format!("{nodes} vnets: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let number = |value: &Value| value.as_f64().ok_or("the system does not tell the memory of a process");
        let (nodes, seconds) = (number(&report["nodes"])?, &report["seconds"]);
        Ok(Self {
            nodes,
            create: number(&seconds["make"])?,
            connect: number(&seconds["connect"])?,
            ping: number(&seconds["ping"])?,
            megabytes: number(&report["bytes_per_vnet_connected"])? * nodes / 1e6,
        })
    }

    fn json(&self) -> Value {
        let Self { nodes, create, connect, ping, megabytes } = self;
        json!({ "nodes": *nodes as u64, "create": create, "connect": connect, "ping": ping, "megabytes": megabytes })
    }
}
