//! What vimage costs: counts instructions with callgrind, and writes the tables of `benches/README.md`.

mod counts;
mod guard;
mod tables;

use std::fs;
use std::process::Command;

pub(crate) use self::counts::target;
pub(crate) use self::guard::{bless, guard};
use self::tables::Tables;
use crate::step::Done;

/// Profiles of cargo, and what they are called in the tables.
const PROFILES: [(&str, &str); 3] =
    [("release", "release defaults"), ("fat", "fat LTO"), ("lto-off", "`lto = \"off\"`")];
const README: &str = "benches/README.md";

/// Counts everything, and writes it down.
pub(crate) fn bench() -> Done {
    needs_valgrind()?;
    let mut tables = Tables::new();
    for (profile, _) in PROFILES {
        counts::build(profile)?;
        counts::counts(profile)?.into_iter().for_each(|count| tables::enter(&mut tables, count));
    }
    write_between_marks("counted", &format!("{}\n{}", about()?, tables::print(&tables)))
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

/// What a program prints about itself.
fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where and when it was counted.
fn about() -> Result<String, String> {
    let profiles = PROFILES.map(|(_, name)| name).join(" / ");
    let (machine, date) = (guard::machine()?, output("date", &["+%F"])?);
    let valgrind = output("valgrind", &["--version"])?;
    Ok(format!("Instructions, {profiles}; {machine}, {valgrind}, {date}."))
}
