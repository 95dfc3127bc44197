//! Instructions as callgrind counts them: the programs of `benches` say where each count begins and ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::builds::INSTANCES;
use crate::step::{Done, cargo, run};

/// Programs of `benches`. The last one loads the library of `benches/library`.
pub(super) const PROGRAMS: [&str; 3] = ["count", "life", "loaded"];

/// The instructions that a program has counted between two requests to callgrind.
#[derive(Debug, PartialEq)]
pub(super) struct Count {
    pub(super) table: String,
    pub(super) row: String,
    pub(super) column: String,
    /// Of one time.
    pub(super) instructions: f64,
    pub(super) times: f64,
}

/// Whether valgrind is installed.
pub(super) fn valgrind_is_there() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

pub(super) fn build(profile: &str) -> Done {
    let packages = ["build", "--profile", profile, "-p", "benches", "-p", "benches-library", "--lib"];
    let programs = PROGRAMS.iter().flat_map(|program| ["--bin", program]);
    let features = ["--no-default-features", "--features", INSTANCES];
    let arguments: Vec<_> = packages.into_iter().chain(programs).chain(features).collect();
    cargo(&format!("build benches, {profile}"), &arguments, &[])
}

/// Everything that the programs count when they are built with a profile of cargo.
pub(super) fn counts(profile: &str) -> Result<Vec<Count>, String> {
    let counts: Result<Vec<_>, _> = PROGRAMS.iter().map(|program| counts_of(profile, program)).collect();
    Ok(counts?.into_iter().flatten().collect())
}

/// Runs a program under callgrind, which writes a file for each count.
fn counts_of(profile: &str, program: &str) -> Result<Vec<Count>, String> {
    let folder = folder(profile, program);
    let failed = |error: std::io::Error| format!("{folder}: {error}");
    if Path::new(&folder).exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no"]);
    valgrind.arg(format!("--callgrind-out-file={folder}/counts"));
    run(&format!("count {program}, {profile}"), valgrind.arg(format!("{}/{profile}/{program}", target())))?;
    files(&folder)?.iter().map(|text| parse(text).ok_or_else(|| format!("{folder}: not a count"))).collect()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> String {
    std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned())
}

/// The folder of what a program has counted.
pub(super) fn folder(profile: &str, program: &str) -> String {
    format!("{}/bench/{profile}-{program}", target())
}

/// The files that callgrind has written, in order.
pub(super) fn files(folder: &str) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{folder}: {error}");
    let mut numbered = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // The last file, without a number, is of the end of the program.
        if let Some(number) = path.extension().and_then(|number| number.to_str()?.parse::<u32>().ok()) {
            // Names of functions can be anything.
            numbered.insert(number, String::from_utf8_lossy(&fs::read(&path).map_err(failed)?).into_owned());
        }
    }
    Ok(numbered.into_values().collect())
}

pub(super) fn parse(text: &str) -> Option<Count> {
    let after = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim);
    let mut names = after("desc: Trigger: Client Request:")?.split('|').map(str::to_owned);
    let (table, row, column) = (names.next()?, names.next()?, names.next()?);
    let times: f64 = names.next()?.parse().ok()?;
    let total: f64 = after("totals:")?.parse().ok()?;
    Some(Count { table, row, column, instructions: total / times, times })
}

/// The functions with most instructions of their own.
pub(super) fn functions(text: &str) -> Vec<(&str, u64)> {
    const MOST: usize = 12;
    let mut own = BTreeMap::<&str, u64>::new();
    let (mut function, mut called) = ("", false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            // What is behind the quote counts recursion.
            function = name.split('\'').next().unwrap_or(name);
        } else if line.starts_with("calls=") {
            called = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            // The line behind a call is what the called function has taken.
            if !std::mem::take(&mut called) {
                let instructions = line.split(' ').nth(1).and_then(|number| number.parse::<u64>().ok());
                *own.entry(function).or_default() += instructions.unwrap_or_default();
            }
        }
    }
    let mut own: Vec<_> = own.into_iter().collect();
    own.sort_by_key(|(_, instructions)| std::cmp::Reverse(*instructions));
    own.truncate(MOST);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_count_if_the_program_asked_for_it() {
        let file =
            "desc: Timerange: Basic block 1 - 2\ndesc: Trigger: Client Request: T|row|column|1000\n\ntotals: 7500\n";
        let [table, row, column] = ["T", "row", "column"].map(str::to_owned);
        assert_eq!(parse(file), Some(Count { table, row, column, instructions: 7.5, times: 1000.0 }));
        assert_eq!(parse("totals: 12\n"), None);
    }

    #[test]
    fn instructions_are_those_of_functions_without_what_they_call() {
        let text = "events: Ir\n\nfn=a\n0 21\ncfn=b\ncalls=1 0 \n0 700\n5 4\n\nfn=b\n0 300\n\nfn=b'2\n0 400\n";
        assert_eq!(functions(text), [("b", 700), ("a", 25)]);
    }
}
