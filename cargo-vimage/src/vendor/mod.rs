//! `cargo vimage vendor`.

use crate::exit::Failure;

/// Copies a dependency into the workspace and ports it, with the decisions of a recipe.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The dependency
    #[arg(value_name = "CRATE[@VERSION]")]
    krate: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    Err(Failure::Usage(format!("`vendor` is not in this version: {}", arguments.krate)))
}
