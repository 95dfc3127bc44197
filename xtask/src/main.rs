//! `cargo xtask …`: the chores of this workspace.

mod bench;
mod builds;
mod chores;
mod codegen;
mod compile_time;
mod deep;
mod fetched;
mod layers;
mod memcheck;
mod minimum;
mod processes;
mod published;
mod step;
#[cfg(test)]
mod workflows;

use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  test      every test in every build
  ci        formatting, layers, clippy and docs without warnings, then `test`, `plugin`, `models`, `memcheck`, `package`,
            `minimum`, `platform`, `miri`, and a few runs of the tests that interfere as globals and not as instances
  deep [CHECK…]
            what is slow by nature, all of it or the checks that are named; `deep list` prints the names
  layers [WORKSPACE]
            checks that imports go down, from floor to floor
  bench [PART]
            measures what vimage costs, and writes benches/README.md and its charts: `count` counts instructions, `scale`
            has many instances and many modules, `size` is that of programs; without a part, all of it
  bench NAME
            prints which functions the instructions are in that `count` has counted last
  bench bless
            accept what operations cost now as what they may cost
  codegen   compares the machine code of functions on variables with that of functions on statics
  guard     fails if an operation costs more than benches/baseline.toml says, if valgrind is installed
  compile-time [REPEATS]
            the CPU time of rustc for a generated crate, in each build and without the macros
  compile-time tokens
            the tokens that its statics and functions become
  models    the life of instances under a model checker
  plugin    a program that loads libraries with modules at run time
  bless     take what the UI and expansion tests print now as what they should print (then read the diff)
  memcheck  the runtime's tests under valgrind, if it is installed
  miri      a few of the runtime's tests in Miri, if the nightly toolchain is there or can be installed
  minimum   compiles the runtime and a program with modules with the oldest compiler that the manifests name
  api bless writes the public names down, with which `deep api` compares
  platform  compiles the libraries for another system, if its standard library is there or can be installed
  package   puts together what is published, without a warning

Each command that has several steps ends with a table of what they took.";

fn main() -> ExitCode {
    let begin = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let (Ok(cpu), [rustc, arguments @ ..]) = (std::env::var(compile_time::CPU_FILE), &words[..]) {
        return step::measure(&cpu, rustc, arguments);
    }
    let done = match &words[..] {
        ["test"] => chores::test(),
        ["ci"] => chores::ci(),
        ["deep", checks @ ..] => deep::deep(checks),
        ["layers"] => chores::layers("."),
        ["layers", root] => chores::layers(root),
        ["bench"] => bench::bench(),
        ["bench", "bless"] => bench::bless(),
        ["bench", "count"] => bench::count(),
        ["bench", "scale"] => bench::scale(),
        ["bench", "size"] => bench::size(),
        ["bench", name] => bench::explain(name),
        ["codegen"] => codegen::codegen(),
        ["guard"] => bench::guard(),
        ["bless"] => chores::bless(),
        ["plugin"] => chores::plugin(),
        ["compile-time"] => compile_time::time("5"),
        ["compile-time", "tokens"] => compile_time::print_tokens(),
        ["compile-time", repeats] => compile_time::time(repeats),
        ["models"] => chores::models(),
        ["miri"] => deep::miri_slice(),
        ["platform"] => deep::platforms_slice(),
        ["memcheck"] => memcheck::memcheck(),
        ["api", "bless"] => deep::api::bless(),
        ["minimum"] => minimum::check(),
        ["package"] => published::package(),
        // For the steps that run side by side.
        ["measured", cpu, program, arguments @ ..] => return step::measure(cpu, program, arguments),
        _ => Err(USAGE.to_owned()),
    };
    step::print_times(begin.elapsed());
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
