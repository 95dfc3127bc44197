//! `cargo vimage port`.

use crate::exit::Failure;

/// Ports a package: wraps what the statics touch, and repeats what the compiler asks for until nothing is left.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the package
    #[arg(default_value = ".")]
    path: std::path::PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    Err(Failure::Build(format!("`port` is not in this version: {}", arguments.path.display())))
}
