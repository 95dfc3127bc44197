//! Tests of this test program that run in a process of their own, because of how it ends or what it prints.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longer than any of them takes, also under valgrind on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Runs the program with these arguments and variables; returns how it ended and all that it printed. Ends it, and panics,
/// if it does not end.
pub(crate) fn rerun(arguments: &[&str], variables: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut program = this_program();
    program.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Beside each other: a pipe that nobody reads gets full.
    let (out, err) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
    let begin = Instant::now();
    let mut status = child.try_wait().unwrap();
    while status.is_none() && begin.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(5));
        status = child.try_wait().unwrap();
    }
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let printed = [err.join().unwrap(), out.join().unwrap()].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let status = status.unwrap_or_else(|| panic!("{arguments:?} {variables:?} does not end; it has printed {printed}"));
    (status, printed)
}

/// With the emulator that runs it, if there is one: the system may not know that this program needs one.
fn this_program() -> Command {
    let program = std::env::current_exe().unwrap();
    let Some(emulator) = std::env::var_os("VIMAGE_TEST_EMULATOR") else { return Command::new(program) };
    let mut emulator = Command::new(emulator);
    emulator.arg(program);
    emulator
}

fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
