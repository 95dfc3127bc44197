//! How costs grow: with the number of instances, and with the number of modules.

use std::fmt::Write;
use std::process::Command;

use super::chart::{self, Lines};
use super::generated::{self, Package, Size};
use super::tables::grouped;
use crate::builds::INSTANCES;
use crate::step::cargo;

const MODULES: [usize; 4] = [10, 30, 100, 1_000];
/// How often a program boots; the least time counts.
const RUNS: usize = 20;

/// What a program prints as a table: names of columns, and rows of numbers.
struct Numbers {
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
}

/// Both tables in Markdown, and the chart.
pub(super) fn measure() -> Result<(String, String), String> {
    let (instances, boot) = (instances()?, boot()?);
    let chart = chart(&instances, &boot);
    Ok((format!("{}{}", instances.print(), boot.print()), chart))
}

fn chart(instances: &Numbers, boot: &Numbers) -> String {
    let panel = |numbers: &Numbers, title: &str, axis: &str, series: &[&str]| Lines {
        title: title.to_owned(),
        axis: axis.to_owned(),
        series: series.iter().filter_map(|name| Some(((*name).to_owned(), numbers.series(name)?))).collect(),
    };
    chart::lines(
        "How costs grow",
        &[
            panel(instances, "Nanoseconds per instance", "instances", &["create", "enter and use", "list", "destroy"]),
            panel(boot, "Boot", "modules", &["microseconds", "instructions per module"]),
        ],
    )
}

fn instances() -> Result<Numbers, String> {
    let build = ["build", "--release", "-p", "benches", "--bin", "scale", "--no-default-features", "--features"];
    cargo("build scale", &[&build[..], &[INSTANCES]].concat(), &[])?;
    let printed = super::output(&format!("{}/release/scale", super::target()), &[])?;
    Numbers::parse(&printed).ok_or_else(|| format!("scale: not a table:\n{printed}"))
}

/// Boots programs with a variable and two hooks in each module, which depends on another one.
fn boot() -> Result<Numbers, String> {
    let name = |modules: usize| format!("boot_{modules}");
    let programs = MODULES.map(|modules| {
        let size = Size { modules, variables: 1, sysctl: false, symbol: false, hooks: true };
        (name(modules), generated::program(size))
    });
    let package = Package::new("boots", false, &programs)?;
    package.build(INSTANCES)?;
    let mut rows = Vec::new();
    for modules in MODULES {
        let program = package.built(&name(modules)).display().to_string();
        let nanoseconds = || super::output(&program, &[]).ok()?.lines().next()?.parse::<f64>().ok();
        let least = (0..RUNS).filter_map(|_| nanoseconds()).fold(f64::MAX, f64::min);
        rows.push(vec![modules as f64, least / 1e3, instructions(&program)? / modules as f64]);
    }
    let columns = ["modules", "microseconds", "instructions per module"].map(str::to_owned).to_vec();
    Ok(Numbers { columns, rows })
}

/// The instructions of the function `count_in_here`.
fn instructions(program: &str) -> Result<f64, String> {
    let file = format!("{}/bench/boot.callgrind", super::target());
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--toggle-collect=count_in_here", &format!("--callgrind-out-file={file}")]);
    let output = valgrind.arg(program).output().map_err(|error| format!("valgrind: {error}"))?;
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:")?.trim().parse::<f64>().ok());
    let counted = total.filter(|total| output.status.success() && *total > 0.0);
    counted.ok_or_else(|| format!("{program}: not counted"))
}

impl Numbers {
    fn parse(printed: &str) -> Option<Self> {
        let mut lines = printed.lines();
        let columns: Vec<_> = lines.next()?.split(' ').map(|name| name.replace('-', " ")).collect();
        let row = |line: &str| line.split(' ').map(|number| number.parse().ok()).collect::<Option<Vec<f64>>>();
        let rows = lines.map(row).collect::<Option<Vec<_>>>()?;
        rows.iter().all(|row| row.len() == columns.len()).then_some(Self { columns, rows })
    }

    /// What a column has beside the first one. Both axes are logarithmic, and have no 0.
    fn series(&self, column: &str) -> Option<Vec<(f64, f64)>> {
        let column = self.columns.iter().position(|name| name == column)?;
        Some(self.rows.iter().map(|row| (row[0], row[column])).filter(|(_, number)| *number > 0.0).collect())
    }

    fn print(&self) -> String {
        let columns = self.columns.iter().map(|name| if name == "for_each" { "`for_each`" } else { name });
        let mut text = format!("\n| {} |\n", columns.collect::<Vec<_>>().join(" | "));
        _ = writeln!(text, "|{}", "---:|".repeat(self.columns.len()));
        for row in &self.rows {
            let cell = |number: &f64| if *number == 0.0 { String::new() } else { grouped(*number) };
            _ = writeln!(text, "| {} |", row.iter().map(cell).collect::<Vec<_>>().join(" | "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_becomes_a_table_and_series() {
        let numbers = Numbers::parse("instances enter-and-use resident\n1 40 0\n1000 50 1700").unwrap();
        let table =
            "\n| instances | enter and use | resident |\n|---:|---:|---:|\n| 1 | 40 |  |\n| 1,000 | 50 | 1,700 |\n";
        assert_eq!(numbers.print(), table);
        assert_eq!(numbers.series("resident"), Some(vec![(1000.0, 1700.0)]));
        assert!(Numbers::parse("a b\n1").is_none() && Numbers::parse("a b\n1 x").is_none());
    }
}
