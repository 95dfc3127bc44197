//! `cargo xtask …`: the chores of this workspace.

mod bench;
mod builds;
mod chores;
mod layers;
mod step;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  test      every test in every build
  ci        formatting, clippy and docs without warnings, then `test`, `plugin`, `models`, `memcheck`, and a few runs of
            the tests that interfere as globals and not as instances
  layers [WORKSPACE]
            checks that the imports of the runtime and of the macros go down, from floor to floor
  bench     counts instructions, if valgrind is installed, and writes them into benches/README.md
  models    the life of instances under a model checker
  plugin    a program that loads libraries with modules at run time
  bless     take what the UI and expansion tests print now as what they should print (then read the diff)
  memcheck  the runtime's tests under valgrind, if it is installed";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["test"] => chores::test(),
        ["ci"] => chores::ci(),
        ["layers"] => chores::layers(Path::new(".")),
        ["layers", root] => chores::layers(Path::new(root)),
        ["bench"] => bench::bench(),
        ["bless"] => chores::bless(),
        ["plugin"] => chores::plugin(),
        ["models"] => chores::models(),
        ["memcheck"] => chores::memcheck(),
        _ => Err(USAGE.to_owned()),
    };
    step::print_times();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
