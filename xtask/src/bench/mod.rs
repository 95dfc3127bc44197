//! What vimage costs: counts instructions with callgrind, and writes the tables of `benches/README.md`.

mod chart;
mod counts;
mod generated;
mod guard;
mod history;
mod scale;
mod size;
mod tables;

use std::fs;
use std::process::Command;

use self::chart::Bars;
pub(crate) use self::counts::target;
pub(crate) use self::guard::{bless, guard};
use self::tables::Tables;
use crate::step::Done;

/// Profiles of cargo, and what they are called in the tables.
const PROFILES: [(&str, &str); 3] =
    [("release", "release defaults"), ("fat", "fat LTO"), ("lto-off", "`lto = \"off\"`")];
const README: &str = "benches/README.md";
const CHARTS: &str = "benches/charts";

/// Counts and measures everything, and writes it down.
pub(crate) fn bench() -> Done {
    count()?;
    scale()?;
    size()
}

/// Counts instructions.
pub(crate) fn count() -> Done {
    needs_valgrind()?;
    let mut tables = Tables::new();
    for (profile, _) in PROFILES {
        counts::build(profile)?;
        counts::counts(profile)?.into_iter().for_each(|count| tables::enter(&mut tables, count));
    }
    write("access.svg", &access_chart(&tables))?;
    write_between_marks("before and after", &history::table(&tables)?)?;
    write_between_marks("counted", &format!("{}\n{}", about()?, tables::print(&tables)))
}

/// The tables of access, in a program and in a library, with the release defaults.
fn access_chart(tables: &Tables) -> String {
    let find = |name: &str| tables.iter().find(|(table, _)| table == name).map(|(_, table)| table);
    let both = [find("Access"), find("Access in a cdylib")];
    let [Some(program), _] = both else { return String::new() };
    let panels = program.columns.iter().map(|column| {
        let numbers = |row: &String| {
            let cell = (row.clone(), column.clone());
            both.iter().flatten().filter_map(|table| Some(*table.cells.get(&cell)?.first()?)).collect()
        };
        let rows = program.rows.iter().map(|row| (row.replace(['*', '`'], ""), numbers(row)));
        Bars { title: column.clone(), rows: rows.collect() }
    });
    let series = ["in a program", "in a library that is loaded at run time"];
    let title = "Instructions to reach a variable, with the release defaults";
    chart::bars(title, &series, "vimage", &panels.collect::<Vec<_>>())
}

/// Measures how costs grow, and writes it down.
pub(crate) fn scale() -> Done {
    needs_valgrind()?;
    let (tables, chart) = scale::measure()?;
    write("scale.svg", &chart)?;
    write_between_marks("scale", &format!("{}.\n{tables}", here()?))
}

/// Prints the functions in which the instructions of some counts are: of those with this text in their name.
pub(crate) fn explain(name: &str) -> Done {
    for program in counts::PROGRAMS {
        for text in counts::files(&counts::folder(PROFILES[0].0, program))? {
            let Some(count) = counts::parse(&text).filter(|count| count.row.contains(name)) else { continue };
            println!("\n{}: {}, {}: {}", count.table, count.row, count.column, tables::grouped(count.instructions));
            for (function, instructions) in counts::functions(&text) {
                println!("{:>10.1}  {function}", instructions as f64 / count.times);
            }
        }
    }
    Ok(())
}

/// Measures what modules, variables and names add to a program, and writes it down.
pub(crate) fn size() -> Done {
    write_between_marks("size", &format!("{}.\n{}", here()?, size::table()?))
}

/// Installs valgrind where Debian's packages are; an error if it is not there afterwards either.
fn needs_valgrind() -> Done {
    if !counts::valgrind_is_there() {
        println!("valgrind is not installed: trying apt-get");
        for arguments in [&["update"][..], &["install", "--yes", "valgrind"]] {
            _ = Command::new("apt-get").args(arguments).status();
        }
    }
    let missing = || "bench: valgrind counts the instructions; it is not installed, and apt-get could not".to_owned();
    if counts::valgrind_is_there() { Ok(()) } else { Err(missing()) }
}

fn write_between_marks(name: &str, new: &str) -> Done {
    let failed = |error: std::io::Error| format!("{README}: {error}");
    let readme = fs::read_to_string(README).map_err(failed)?;
    let readme = tables::between_marks(&readme, name, new).map_err(|error| format!("{README}: {error}"))?;
    fs::write(README, readme).map_err(failed)
}

/// Writes a chart.
fn write(name: &str, chart: &str) -> Done {
    let path = format!("{CHARTS}/{name}");
    fs::create_dir_all(CHARTS).and_then(|()| fs::write(&path, chart)).map_err(|error| format!("{path}: {error}"))
}

/// What a program prints.
fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where and when it was counted.
fn about() -> Result<String, String> {
    let profiles = PROFILES.map(|(_, name)| name).join(" / ");
    Ok(format!("Instructions, {profiles}; {}, {}.", here()?, output("valgrind", &["--version"])?))
}

fn here() -> Result<String, String> {
    Ok(format!("{}, {}", guard::machine()?, output("date", &["+%F"])?))
}
