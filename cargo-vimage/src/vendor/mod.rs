//! `cargo vimage vendor`: ports a dependency without waiting for its author.
//!
//! ```text
//! find, refuse → copy → the recipe's edits → port → `[patch.crates-io]`, `vimage-vendor.toml`
//! ```

mod graph;
mod place;
mod recipe;
mod record;
mod verify;

use std::path::PathBuf;

use self::place::Place;
use self::record::Vendored;
use crate::exit::Failure;
use crate::workspace;

/// Copies a dependency into the workspace and ports it, with the decisions of a recipe
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The dependency
    #[arg(value_name = "CRATE[@VERSION]", required_unless_present_any = ["list", "verify"])]
    krate: Option<String>,
    /// A recipe of your own
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Ports the newest version that the workspace allows, or the one that is named; a static that is new or gone is an
    /// error
    #[arg(long, conflicts_with_all = ["remove", "list"])]
    update: bool,
    /// Removes the copy
    #[arg(long, conflicts_with_all = ["list", "recipe"])]
    remove: bool,
    /// Lists the copies of this workspace, and the recipes of this tool
    #[arg(long)]
    list: bool,
    /// The folder `vimage-runtime` of a checkout, for a workspace that does not depend on `vimage` yet
    #[arg(long, value_name = "PATH")]
    vimage: Option<PathBuf>,
    /// The manifest of the workspace
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Tests recipes of this tool: the suites of their crates before and after the port in both builds, and two
    /// instances. Prints a row of the README's table for each
    #[arg(long, hide = true, num_args = 0.., value_name = "CRATE")]
    verify: Option<Vec<String>>,
    /// With `--verify`: only the two instances
    #[arg(long, hide = true, requires = "verify")]
    without_suites: bool,
}

/// Whether this tool has a recipe for a crate.
pub(crate) fn has_recipe(name: &str) -> bool {
    recipe::SHIPPED.iter().any(|(of, _)| *of == name)
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { krate, recipe, update, remove, list, vimage, manifest_path, verify, without_suites } = arguments;
    if let Some(crates) = verify {
        return verify::run(crates, recipe.as_deref(), vimage.as_deref(), *without_suites);
    }
    let metadata = workspace::metadata(manifest_path.as_deref(), &["--no-deps".to_owned()])?;
    let place = Place { root: metadata.workspace_root.into_std_path_buf() };
    let krate = krate.as_deref().unwrap_or_default();
    if *list {
        return place.list();
    }
    if *remove {
        return place.remove(graph::parse(krate)?.0);
    }
    let vendored = if *update {
        place.update(krate, recipe.as_deref(), vimage.as_deref())?
    } else {
        place.add(krate, recipe.as_deref(), vimage.as_deref(), &[])?.0
    };
    let Vendored { name, version, folder, statics, .. } = vendored;
    println!("{name} {version} is ported, in {folder}");
    for found in statics {
        println!("  {found}");
    }
    Ok(())
}
