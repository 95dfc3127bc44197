//! The packages of a workspace, as `cargo metadata` lists them.

use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::exit::Failure;

/// Runs `cargo metadata` for a manifest, or for the one of the current folder, with the given further arguments of
/// cargo (`--features …`, `--locked`).
pub(crate) fn metadata(manifest: Option<&Path>, arguments: &[String]) -> Result<Metadata, Failure> {
    let mut command = MetadataCommand::new();
    if let Some(manifest) = manifest {
        command.manifest_path(manifest);
    }
    command.other_options(arguments.to_vec());
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => Failure::Usage(stderr.trim_end().to_owned()),
        other => Failure::unreadable(manifest.unwrap_or(Path::new("Cargo.toml")), other),
    })
}
