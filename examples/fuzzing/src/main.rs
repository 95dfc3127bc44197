//! Runs the same inputs in three ways until one crashes: a process for each, an instance for each, and nothing for each.
//! `fuzzing [SEED]`.

use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use fuzzing::{inputs, isolated, warehouse};

/// The argument with which this program runs one input and ends.
const ONE: &str = "--one";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, bytes] = &arguments[..]
        && option == ONE
    {
        warehouse::run(&bytes.split_terminator(',').map(|byte| byte.parse().expect("a number")).collect::<Vec<u8>>());
        return ExitCode::SUCCESS;
    }
    let seed = match arguments.first().map_or(Ok(0), |seed| seed.parse()) {
        Ok(seed) => seed,
        Err(error) => {
            eprintln!("usage: fuzzing [SEED]: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A crash is a panic here, and its message would be printed each time.
    panic::set_hook(Box::new(|_| {}));
    let survives = |input: &[u8]| panic::catch_unwind(AssertUnwindSafe(|| isolated(input))).is_ok();
    let found = [
        first("a process each", seed, in_a_process),
        first("an instance each", seed, survives),
        first("nothing each", seed, |input| panic::catch_unwind(AssertUnwindSafe(|| warehouse::run(input))).is_ok()),
    ];
    let [process, instance, nothing] = &found;
    println!("an instance is {:.0} times as fast as a process", process.each.div_duration_f64(instance.each));
    println!(
        "the last input alone, in a process: {}",
        if in_a_process(&nothing.input) { "no crash" } else { "a crash" }
    );
    if process.input == instance.input { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Found {
    input: Vec<u8>,
    each: Duration,
}

/// The first input that does not survive.
fn first(way: &str, seed: u64, survives: impl Fn(&[u8]) -> bool) -> Found {
    let begin = Instant::now();
    let (number, input) = (1_u32..).zip(inputs(seed)).find(|(_, input)| !survives(input)).expect("inputs do not end");
    let each = begin.elapsed() / number;
    println!("{way:>16}: crash with input {number}, {input:?}; {:.1} us for each input", each.as_secs_f64() * 1e6);
    Found { input, each }
}

fn in_a_process(input: &[u8]) -> bool {
    let bytes: String = input.iter().map(|byte| format!("{byte},")).collect();
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this).args([ONE, &bytes]).output();
    output.expect("this program starts").status.success()
}
