//! Running a program that may hang.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::processes;

/// Nothing that is run so takes a tenth of it, on a machine that has other work too.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// A program that has ended by itself.
pub(super) struct Ended {
    pub(super) succeeded: bool,
    /// What it wrote to both of its outputs.
    pub(super) printed: String,
    line: String,
}

impl Ended {
    /// What it printed; an error if it failed.
    pub(super) fn success(self) -> Result<String, String> {
        if self.succeeded { Ok(self.printed) } else { Err(format!("{} failed:\n{}", self.line, self.printed)) }
    }
}

/// Runs a program to its end. One that takes too long is killed with all processes below it, and is an error.
pub(super) fn limited(command: &mut Command) -> Result<Ended, String> {
    let line = format!("{command:?}");
    run(command, &line).map_err(|error| format!("{line}: {error}"))?.ok_or_else(|| {
        let limit = LIMIT.as_secs() / 60;
        format!("{line} has not ended within {limit} minutes")
    })
}

fn run(command: &mut Command, line: &str) -> std::io::Result<Option<Ended>> {
    // A file, because a pipe that nobody reads fills up.
    let mut output = tempfile()?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
    let mut child = command.spawn()?;
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begin.elapsed() > LIMIT {
            processes::kill(&processes::below(child.id()));
            _ = child.kill();
            _ = child.wait();
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut printed = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut printed)?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    Ok(Some(Ended { succeeded: status.success(), printed, line: line.to_owned() }))
}

/// A file without a name.
fn tempfile() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("xtask-{}-limited", std::process::id()));
    let file = File::options().read(true).append(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}
