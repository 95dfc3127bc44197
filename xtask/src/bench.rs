//! Counts instructions with callgrind, and writes the tables of `benches/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::builds::INSTANCES;
use crate::step::{Done, cargo, run};

/// Profiles of cargo, and what they are called in the tables.
const PROFILES: [(&str, &str); 2] = [("release", "release defaults"), ("fat", "fat LTO")];
const PROGRAMS: [&str; 2] = ["count", "life"];
const README: &str = "benches/README.md";
const BEGIN: &str = "<!-- counted -->\n";
const END: &str = "<!-- end of what is counted -->\n";

/// The instructions that a program has counted between two requests to callgrind.
#[derive(Debug, PartialEq)]
struct Count {
    table: String,
    row: String,
    column: String,
    /// Of one time.
    instructions: f64,
    times: f64,
}

/// What is counted in each profile, in the order in which it was counted first.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<String>,
    cells: BTreeMap<(String, String), Vec<f64>>,
}

pub(crate) fn bench() -> Done {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err("bench: valgrind counts the instructions, and is not installed".to_owned());
    }
    let mut tables = Vec::<(String, Table)>::new();
    for (profile, _) in PROFILES {
        let build = ["build", "--profile", profile, "-p", "benches", "--no-default-features", "--features", INSTANCES];
        cargo(&format!("build, {profile}"), &build, &[])?;
        for program in PROGRAMS {
            counts(profile, program)?.into_iter().for_each(|count| enter(&mut tables, count));
        }
    }
    let readme = fs::read_to_string(README).map_err(|error| format!("{README}: {error}"))?;
    let readme = between_marks(&readme, &format!("{}\n{}", about()?, print(&tables)))?;
    fs::write(README, readme).map_err(|error| format!("{README}: {error}"))
}

/// Prints the functions in which the instructions of some counts are: of those with this text in their name.
pub(crate) fn explain(name: &str) -> Done {
    for program in PROGRAMS {
        for text in files(&folder(PROFILES[0].0, program))? {
            let Some(count) = parse(&text).filter(|count| count.row.contains(name)) else { continue };
            let Count { table, row, column, instructions, times } = count;
            println!("\n{table}: {row}, {column}: {}", grouped(instructions));
            for (function, instructions) in functions(&text) {
                println!("{:>10.1}  {function}", instructions as f64 / times);
            }
        }
    }
    Ok(())
}

/// Runs a program under callgrind, which writes a file for each count.
fn counts(profile: &str, program: &str) -> Result<Vec<Count>, String> {
    let folder = folder(profile, program);
    let failed = |error: std::io::Error| format!("{folder}: {error}");
    if Path::new(&folder).exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no"]);
    valgrind.arg(format!("--callgrind-out-file={folder}/counts"));
    run(&format!("count, {profile}"), valgrind.arg(format!("target/{profile}/{program}")))?;
    files(&folder)?.iter().map(|text| parse(text).ok_or_else(|| format!("{folder}: not a count"))).collect()
}

fn folder(profile: &str, program: &str) -> String {
    format!("target/bench/{profile}-{program}")
}

/// The files that callgrind has written, in order.
fn files(folder: &str) -> Result<Vec<String>, String> {
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

/// The functions with most instructions of their own.
fn functions(text: &str) -> Vec<(&str, u64)> {
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

fn parse(text: &str) -> Option<Count> {
    let after = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim);
    let mut names = after("desc: Trigger: Client Request:")?.split('|').map(str::to_owned);
    let (table, row, column) = (names.next()?, names.next()?, names.next()?);
    let times: f64 = names.next()?.parse().ok()?;
    let total: f64 = after("totals:")?.parse().ok()?;
    Some(Count { table, row, column, instructions: total / times, times })
}

fn enter(tables: &mut Vec<(String, Table)>, Count { table, row, column, instructions, .. }: Count) {
    if !tables.iter().any(|(name, _)| *name == table) {
        tables.push((table.clone(), Table::default()));
    }
    let Some((_, table)) = tables.iter_mut().find(|(name, _)| *name == table) else { return };
    for (names, name) in [(&mut table.rows, &row), (&mut table.columns, &column)] {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    table.cells.entry((row, column)).or_default().push(instructions);
}

fn print(tables: &[(String, Table)]) -> String {
    let mut text = String::new();
    for (name, Table { columns, rows, cells }) in tables {
        _ = writeln!(text, "\n| {name} | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
        for row in rows {
            let cell = |column: &String| {
                let counts = cells.get(&(row.clone(), column.clone())).map(Vec::as_slice).unwrap_or_default();
                counts.iter().map(|count| grouped(*count)).collect::<Vec<_>>().join(" / ")
            };
            _ = writeln!(text, "| {row} | {} |", columns.iter().map(cell).collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

/// A count as `12,345`.
fn grouped(count: f64) -> String {
    let digits = format!("{count:.0}");
    let starts = |index: &usize| *index > 0 && (digits.len() - index).is_multiple_of(3);
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        text.extend(starts(&index).then_some(','));
        text.push(digit);
    }
    text
}

/// Where and when it was counted.
fn about() -> Result<String, String> {
    let output = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().map_err(|error| format!("{program}: {error}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let profiles = PROFILES.map(|(_, name)| name).join(" / ");
    let (rustc, valgrind, date) = (output("rustc", "-V")?, output("valgrind", "--version")?, output("date", "+%F")?);
    let machine = std::env::consts::ARCH;
    Ok(format!("Instructions, {profiles}; {machine}, {rustc}, {valgrind}, {date}."))
}

fn between_marks(readme: &str, new: &str) -> Result<String, String> {
    let marks = || {
        let (before, rest) = readme.split_once(BEGIN)?;
        Some((before, rest.split_once(END)?.1))
    };
    let (before, after) = marks().ok_or_else(|| format!("{README}: the marks of the tables are not there"))?;
    Ok(format!("{before}{BEGIN}{new}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_tables() {
        let file = |row: &str, column: &str, total: u32| {
            format!(
                "desc: Timerange: Basic block 1 - 2\ndesc: Trigger: Client Request: T|{row}|{column}|1000\n\ntotals: {total}\n"
            )
        };
        let mut tables = Vec::new();
        for profile in [1, 2] {
            for (row, column, total) in [("a", "one", 7_000), ("a", "two", 1_234_567_000), ("b", "two", 8_600)] {
                enter(&mut tables, parse(&file(row, column, total * profile)).unwrap());
            }
        }
        let expected = "\n| T | one | two |\n|---|---|---|\n\
                        | a | 7 / 14 | 1,234,567 / 2,469,134 |\n| b |  | 9 / 17 |\n";
        assert_eq!(print(&tables), expected);
        assert_eq!(parse("totals: 12\n"), None);
    }

    #[test]
    fn instructions_are_those_of_functions_without_what_they_call() {
        let text = "events: Ir\n\nfn=a\n0 21\ncfn=b\ncalls=1 0 \n0 700\n5 4\n\nfn=b\n0 300\n\nfn=b'2\n0 400\n";
        assert_eq!(functions(text), [("b", 700), ("a", 25)]);
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let readme = format!("before\n{BEGIN}old\n{END}after\n");
        assert_eq!(between_marks(&readme, "new\n").unwrap(), format!("before\n{BEGIN}new\n{END}after\n"));
        assert!(between_marks("nothing", "new\n").is_err());
    }
}
