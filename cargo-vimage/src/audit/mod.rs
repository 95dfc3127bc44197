//! `cargo vimage audit`.

use crate::exit::Failure;

/// Lists the globals of a program, and which of them its instances would share.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The Cargo.toml of the package
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<std::path::PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let metadata = crate::workspace::metadata(arguments.manifest_path.as_deref(), &[])?;
    Err(Failure::Denied(format!("`audit` is not in this version: {}", metadata.workspace_root)))
}
