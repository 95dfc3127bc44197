//! Running what is generated, which could hang: a lock that is taken twice is enough.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use wait_timeout::ChildExt as _;

/// All programs of a batch together take seconds.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// What a program prints. One that does not succeed within the limit is an error, with all that it has said.
pub(crate) fn run(executable: &Path, arguments: &[&str]) -> Result<String, String> {
    let (out, err) = (executable.with_extension("out"), executable.with_extension("err"));
    let run = || {
        // Files, because a pipe that nobody reads gets full.
        let command = &mut Command::new(executable);
        let command = command.args(arguments).stdin(Stdio::null());
        let mut child = command.stdout(File::create(&out)?).stderr(File::create(&err)?).spawn()?;
        let status = child.wait_timeout(LIMIT)?;
        if status.is_none() {
            child.kill()?;
            child.wait()?;
        }
        let read = |path| std::io::Result::Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
        let printed = (read(&out)?, read(&err)?);
        std::fs::remove_file(&out)?;
        std::fs::remove_file(&err)?;
        std::io::Result::Ok((status, printed))
    };
    let what = format!("{} {}", executable.display(), arguments.join(" "));
    match run().map_err(|error| format!("{what}: {error}"))? {
        (Some(status), (printed, _)) if status.success() => Ok(printed),
        (Some(status), (out, err)) => Err(format!("{what} ends with {status}\n{out}\n{err}")),
        (None, (out, err)) => Err(format!("{what} does not end within {LIMIT:?}\n{out}\n{err}")),
    }
}
