//! The runtime that packages are made to depend on: crates.io has another crate with the name `vimage`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Where the runtime is in the checkout that this command was built from.
const OF_THIS_CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vimage-runtime");

/// The folder that the user names; without that, the one of the checkout that this command was built from.
pub(crate) fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(|| of_checkout(Path::new(OF_THIS_CHECKOUT)), package)
}

fn of_checkout(expected: &Path) -> Result<PathBuf, Failure> {
    package(expected).map_err(|_| {
        Failure::Usage(
            "pass `--vimage PATH`, the folder `vimage-runtime` of a checkout: the checkout that this command was built \
             from has moved (crates.io has another crate with the name `vimage`)"
                .to_owned(),
        )
    })
}

fn package(path: &Path) -> Result<PathBuf, Failure> {
    let folder = fs::canonicalize(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    match folder.join("Cargo.toml").is_file() {
        true => Ok(folder),
        false => Err(Failure::Usage(format!("there is no package in {}", folder.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_path_it_is_the_checkout_of_this_command_if_that_is_still_there() {
        let found = folder(None).expect("the tests run in a checkout");
        assert!(found.ends_with("vimage-runtime") && found.join("Cargo.toml").is_file(), "{}", found.display());
        let moved = of_checkout(&found.join("no-such-folder"));
        assert!(matches!(moved, Err(Failure::Usage(message)) if message.starts_with("pass `--vimage PATH`")));
    }
}
