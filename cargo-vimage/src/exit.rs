//! The exit codes, and the errors that end a command.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// The arguments are wrong. Also clap's code for that.
pub(crate) const USAGE: u8 = 2;

/// Cargo or rustc failed.
pub(crate) const BUILD: u8 = 3;

/// Why a command stopped; each kind has an exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: the tool worked, and what it found must not be: `--deny`, a static that nobody decided about.
    Denied(String),
    /// 2: the arguments, or the state of the package, do not allow this command.
    Usage(String),
    /// 3: cargo or rustc failed. It has printed why.
    Build(String),
    /// 4: a file cannot be read, written or understood.
    Unreadable(String),
}

impl Failure {
    /// A failure to read, write or understand a file.
    pub(crate) fn unreadable(path: &Path, error: impl Display) -> Self {
        Self::Unreadable(format!("{}: {error}", path.display()))
    }

    fn code(&self) -> u8 {
        match self {
            Self::Denied(_) => 1,
            Self::Usage(_) => USAGE,
            Self::Build(_) => BUILD,
            Self::Unreadable(_) => 4,
        }
    }

    /// Prints the message to standard error; returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (Self::Denied(message) | Self::Usage(message) | Self::Build(message) | Self::Unreadable(message)) = self;
        eprintln!("error: {message}");
        self.code().into()
    }
}
