//! A guard in CI: what was counted last is in `benches/baseline.toml`, and nothing may grow by more than 2 %.

use std::collections::BTreeMap;
use std::fs;

use toml::{Table, Value};

use super::counts::{self, Count};
use super::{PROFILES, output};
use crate::step::Done;

const BASELINE: &str = "benches/baseline.toml";
const HEAD: &str = "\
# Instructions per operation, as built by the compiler of `machine` with the release defaults.
# `cargo xtask guard` compares with it, `cargo xtask bench bless` writes it.
";
/// What something may grow by.
const GROWTH: f64 = 1.02;

/// How often everything is counted. What the allocator does differs from run to run: the baseline has the most of all
/// runs, and only what takes more in each run has grown.
const RUNS: usize = 4;

/// Numbers by the names of what they are the cost of.
type Costs = BTreeMap<String, f64>;

#[derive(Debug, PartialEq)]
struct Baseline {
    /// Where the instructions were counted: they depend on the compiler and on the C library.
    machine: String,
    instructions: Costs,
}

/// Compares with the baseline. Says so if it cannot.
pub(crate) fn guard() -> Done {
    let text = fs::read_to_string(BASELINE).map_err(|error| format!("{BASELINE}: {error}"))?;
    let before = Baseline::parse(&text)?;
    let here = machine()?;
    if !counts::valgrind_is_there() {
        println!("guard: skipped, valgrind is not installed");
        return Ok(());
    }
    if before.machine != here {
        println!("guard: skipped, the baseline is of {}, and this is {here}", before.machine);
        return Ok(());
    }
    let mut after = count()?;
    let mut complaints = compare(&before.instructions, &after);
    for _ in 1..RUNS {
        if complaints.is_empty() {
            break;
        }
        after = of_both(&after, &count()?, f64::min);
        complaints = compare(&before.instructions, &after);
    }
    println!("guard: {} operations compared with {BASELINE}", after.len());
    if complaints.is_empty() {
        return Ok(());
    }
    let help = "help: make it cheaper again, or accept what it costs now with `cargo xtask bench bless`";
    Err(format!("guard:\n{}\n{help}", complaints.join("\n")))
}

/// Writes the baseline.
pub(crate) fn bless() -> Done {
    super::needs_valgrind()?;
    let mut instructions = count()?;
    for _ in 1..RUNS {
        instructions = of_both(&instructions, &count()?, f64::max);
    }
    let baseline = Baseline { machine: machine()?, instructions };
    fs::write(BASELINE, baseline.print()).map_err(|error| format!("{BASELINE}: {error}"))
}

/// What instructions depend on.
pub(super) fn machine() -> Result<String, String> {
    let libc = output("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_else(|_| "unknown C library".to_owned());
    Ok(format!("{}, {libc}, {}", std::env::consts::ARCH, output("rustc", &["--version"])?))
}

/// Instructions of all operations of vimage.
fn count() -> Result<Costs, String> {
    let (profile, _) = PROFILES[0];
    counts::build(profile)?;
    Ok(costs(counts::counts(profile)?))
}

/// The name of an operation, in text without marks.
pub(super) fn name(table: &str, row: &str, column: &str) -> String {
    format!("{table}: {row}, {column}").replace('`', "").trim_end_matches(", instructions").to_owned()
}

fn costs(counts: Vec<Count>) -> Costs {
    // The rows of peers are in italics.
    let ours = counts.into_iter().filter(|count| !count.row.starts_with('*'));
    ours.map(|Count { table, row, column, instructions, .. }| {
        (name(&table, &row, &column), (instructions * 10.0).round() / 10.0)
    })
    .collect()
}

/// Of each operation one of two numbers.
fn of_both(one: &Costs, other: &Costs, choose: fn(f64, f64) -> f64) -> Costs {
    let number = |(name, one): (&String, &f64)| Some((name.clone(), choose(*one, *other.get(name)?)));
    one.iter().filter_map(number).collect()
}

/// What has grown, and what is only in one of both.
fn compare(before: &Costs, after: &Costs) -> Vec<String> {
    let name = |name: &String| (!after.contains_key(name)).then(|| format!("{name}: not counted any longer"));
    let missing = before.keys().filter_map(name);
    let grown = after.iter().filter_map(|(name, after)| match before.get(name) {
        Some(before) if *after > before * GROWTH => {
            let percent = (after / before - 1.0) * 100.0;
            Some(format!("{name}: {before} before, {after} now ({percent:+.1} %)"))
        }
        Some(_) => None,
        None => Some(format!("{name}: not in the baseline")),
    });
    missing.chain(grown).collect()
}

impl Baseline {
    fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error| format!("{BASELINE}: {error}"))?;
        let costs = |table: &Value| -> Option<Costs> {
            table.as_table()?.iter().map(|(name, cost)| Some((name.clone(), cost.as_float()?))).collect()
        };
        let parsed = || {
            let machine = table.get("machine")?.as_str()?.to_owned();
            Some(Self { machine, instructions: costs(table.get("instructions")?)? })
        };
        parsed().ok_or_else(|| format!("{BASELINE}: not as `cargo xtask bench bless` writes it"))
    }

    fn print(&self) -> String {
        let costs =
            |costs: &Costs| -> Table { costs.iter().map(|(name, cost)| (name.clone(), Value::Float(*cost))).collect() };
        let table = Table::from_iter([
            ("machine".to_owned(), Value::String(self.machine.clone())),
            ("instructions".to_owned(), Value::Table(costs(&self.instructions))),
        ]);
        format!("{HEAD}{table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(costs: &[(&str, f64)]) -> Costs {
        costs.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect()
    }

    #[test]
    fn growth_is_named_with_both_numbers() {
        let before = of(&[("one access", 17.0), ("create", 1000.0), ("list", 600.0)]);
        assert_eq!(compare(&before, &before), <[&str; 0]>::default());
        let after = of(&[("one access", 18.0), ("create", 1020.0), ("list", 500.0)]);
        assert_eq!(compare(&before, &after), ["one access: 17 before, 18 now (+5.9 %)"]);
    }

    #[test]
    fn an_operation_in_one_of_both_only_is_named() {
        let complaints = compare(&of(&[("old", 1.0)]), &of(&[("new", 1.0)]));
        assert_eq!(complaints, ["old: not counted any longer", "new: not in the baseline"]);
    }

    #[test]
    fn peers_are_not_guarded() {
        let count = |row: &str| Count {
            table: "T".to_owned(),
            row: row.to_owned(),
            column: "c".to_owned(),
            instructions: 7.04,
            times: 1.0,
        };
        assert_eq!(costs(vec![count("*peer*"), count("`ours`")]), of(&[("T: ours, c", 7.0)]));
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let baseline = Baseline { machine: "x".to_owned(), instructions: of(&[("`a`, b: c", 7.0), ("d", 1.5)]) };
        assert_eq!(Baseline::parse(&baseline.print()), Ok(baseline));
        assert!(Baseline::parse("machine = 1").is_err());
    }
}
