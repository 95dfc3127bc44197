//! Reports of commands, errors and warnings, and how they are printed.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anstyle::AnsiColor;
use serde_json::Value;

use crate::cli::style::paint;
use crate::lab::names::printable;

/// The result of a command, as text and as JSON.
#[derive(Debug)]
pub struct Report {
    pub text: String,
    pub json: Value,
    /// False if a host did not answer or bytes were lost.
    pub success: bool,
}

impl Report {
    pub fn new(text: String, json: Value) -> Self {
        Self { text, json, success: true }
    }

    /// Prints the report; returns the exit code.
    pub fn print(&self, json: bool) -> ExitCode {
        match self.write(&mut anstream::stdout(), json) {
            Ok(()) if self.success => ExitCode::SUCCESS,
            Ok(()) => ExitCode::FAILURE,
            Err(error) => {
                complain(&format!("cannot write the output: {error}"));
                ExitCode::FAILURE
            }
        }
    }

    fn write(&self, output: &mut impl Write, json: bool) -> io::Result<()> {
        let written = if json { writeln!(output, "{:#}", self.json) } else { write!(output, "{}", self.text) };
        match written.and_then(|()| output.flush()) {
            // The reader has closed the pipe, because it has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}

/// Writes a file that the user asked for.
pub fn write_file(path: &Path, contents: &str) -> Result<(), String> {
    fs::write(path, contents).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Prints an error about the input; returns the exit code.
pub fn refuse(error: &dyn Error) -> ExitCode {
    complain(&error.to_string());
    ExitCode::from(2)
}

fn complain(text: &str) {
    say(AnsiColor::Red, "error", text);
}

/// Prints a warning.
pub fn warn(text: &str) {
    say(AnsiColor::Yellow, "warning", text);
}

fn say(color: AnsiColor, what: &str, text: &str) {
    anstream::eprintln!("{}: {}", paint(color, what), printable_lines(text));
}

/// Escapes a message line by line: it may quote text from a file.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails with this error, in `write` or in `flush`.
    struct Fails {
        kind: io::ErrorKind,
        at_flush: bool,
    }

    impl Write for Fails {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            if self.at_flush { Ok(buffer.len()) } else { Err(self.kind.into()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            if self.at_flush { Err(self.kind.into()) } else { Ok(()) }
        }
    }

    #[test]
    fn only_a_reader_that_has_gone_may_lose_output() {
        let report = Report::new("text\n".to_owned(), Value::Null);
        for (json, at_flush) in [(false, false), (false, true), (true, false), (true, true)] {
            report.write(&mut Fails { kind: io::ErrorKind::BrokenPipe, at_flush }, json).unwrap();
            let error = report.write(&mut Fails { kind: io::ErrorKind::StorageFull, at_flush }, json).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
    }

    #[test]
    fn what_would_act_on_a_terminal_is_escaped() {
        assert_eq!(printable_lines("one\ntwo\x07\r"), "one\ntwo\\u{7}\\r");
    }
}
