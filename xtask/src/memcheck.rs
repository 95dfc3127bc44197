//! The runtime's tests under valgrind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::builds::INSTANCES;
use crate::step::Done;

/// Fewer cases of the tests that try random values: valgrind makes each some fifty times slower.
const CASES: &str = "16";
/// The same for the steps of threads that do random things side by side.
const STEPS: &str = "200";

const OPTIONS: [&str; 4] =
    ["--error-exitcode=9", "--leak-check=full", "--fair-sched=yes", "--suppressions=../xtask/keep.supp"];

/// What is an error: memory that nothing leads to.
const LOST: [&str; 3] = ["--quiet", "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"];

/// Also what only lost memory leads to. What a pointer into its midst leads to is counted only: a block is kept by the address
/// of its header, which is aligned and lies behind the start of the allocation; and std has such pointers.
const COUNTED: [&str; 2] = ["--errors-for-leak-kinds=definite,indirect", "--show-leak-kinds=definite,indirect"];

/// The lines of valgrind's summary that are counted.
const KINDS: [&str; 5] = ["definitely lost:", "indirectly lost:", "possibly lost:", "still reachable:", "suppressed:"];

/// One test leaks on purpose what can be forgotten; one is about threads, which take turns here; one counts allocations
/// itself.
const WITHOUT: [&str; 6] = [
    "--skip",
    "what_is_forgotten_keeps_its_instance_for_good",
    "--skip",
    "tasks_see_their_own_instance_and_messages_arrive_once",
    "--skip",
    "memory_stays_as_it_is",
];

/// Runs the tests that the build with instances has made, as many at once as there are processors.
pub(crate) fn memcheck() -> Done {
    run(&LOST)
}

/// As [`memcheck`], with each kind of leak, and their sums.
pub(crate) fn leaks() -> Done {
    run(&COUNTED)
}

fn run(options: &[&str]) -> Done {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: left out");
        return Ok(());
    }
    let tests = Mutex::new(built()?);
    let failed = Mutex::new(Vec::new());
    let counted = Mutex::new([(0, 0); KINDS.len()]);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(test) = tests.lock().expect("no thread panics").pop() {
                    let (passes, printed) = pass(&test, options);
                    count(&printed, &mut counted.lock().expect("no thread panics"));
                    if !passes {
                        failed.lock().expect("no thread panics").push(test.display().to_string());
                    }
                }
            });
        }
    });
    if options.contains(&COUNTED[0]) {
        for (kind, (bytes, blocks)) in KINDS.iter().zip(counted.into_inner().expect("no thread panics")) {
            println!("{kind:>17} {bytes} bytes in {blocks} blocks");
        }
    }
    let failed = failed.into_inner().expect("no thread panics");
    if failed.is_empty() { Ok(()) } else { Err(format!("memcheck: {}", failed.join(", "))) }
}

/// The test programs of the runtime, as `test` builds them too.
fn built() -> Result<Vec<PathBuf>, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["test", "--workspace", "--no-run", "--message-format=json", "--no-default-features", "--features"];
    let output = Command::new(cargo).args(arguments).arg(INSTANCES).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("memcheck: cargo did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("memcheck: cargo {}", output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let tests: Vec<PathBuf> = messages.lines().filter_map(program).collect();
    if tests.is_empty() { Err("memcheck: cargo named no test programs".to_owned()) } else { Ok(tests) }
}

/// The program that a message of cargo names, if it is a test of the runtime that valgrind can run.
fn program(message: &str) -> Option<PathBuf> {
    let of_runtime = message.contains("/vimage-runtime/Cargo.toml\"") && message.contains("\"kind\":[\"test\"]");
    let program = message.split("\"executable\":\"").nth(1)?.split('"').next()?;
    // The server's tests are about time limits, which do not fit what is so much slower.
    let has_limits = Path::new(program).file_name()?.to_str()?.starts_with("inspect");
    (of_runtime && !has_limits).then(|| PathBuf::from(program))
}

/// Adds the bytes and blocks of each kind of leak: `definitely lost: 1,024 bytes in 2 blocks`.
fn count(printed: &str, counted: &mut [(u64, u64); KINDS.len()]) {
    for (kind, (bytes, blocks)) in KINDS.iter().zip(counted) {
        // Processes that a test has started print a summary too.
        for (_, numbers) in printed.lines().filter_map(|line| line.split_once(kind)) {
            let mut numbers = numbers.split_whitespace().filter_map(|word| word.replace(',', "").parse::<u64>().ok());
            *bytes += numbers.next().unwrap_or(0);
            *blocks += numbers.next().unwrap_or(0);
        }
    }
}

/// Whether it passes, and what it has printed.
fn pass(test: &Path, options: &[&str]) -> (bool, String) {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(OPTIONS).args(options).arg(test).args(WITHOUT);
    valgrind.env("PROPTEST_CASES", CASES).env("VIMAGE_STATES_STEPS", STEPS);
    // As cargo runs them: some name files of their package.
    valgrind
        .current_dir("vimage-runtime")
        .env("CARGO_MANIFEST_DIR", std::path::absolute("vimage-runtime").unwrap_or_default());
    let Ok(output) = valgrind.output() else {
        return (false, String::new());
    };
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let name = test.file_name().unwrap_or_default().display();
    let result = printed.lines().find(|line| line.starts_with("test result:")).unwrap_or("no result");
    println!("{name}: {result}");
    if !output.status.success() {
        println!("{printed}");
    }
    (output.status.success(), printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_of_each_kind_are_added() {
        let mut counted = [(0, 0); KINDS.len()];
        let printed =
            "==1==    definitely lost: 1,024 bytes in 2 blocks\n==1==         suppressed: 7 bytes in 1 blocks\n";
        count(printed, &mut counted);
        count(printed, &mut counted);
        assert_eq!(counted, [(2048, 4), (0, 0), (0, 0), (0, 0), (14, 2)]);
    }
}
