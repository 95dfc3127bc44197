//! `cargo vimage init`: a new package to start from, for each reason to have instances.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::port::relative;

/// Makes a package to start from: code with a global, its instances, and a test
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the new package, whose name becomes that of the package
    path: PathBuf,
    /// What instances are for
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// The folder `vimage-runtime` of a checkout (crates.io has another crate with the name `vimage`)
    #[arg(long, value_name = "PATH")]
    vimage: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Kind {
    /// Tests that do not see one another
    #[default]
    Tests,
    /// One instance per tenant of a service
    Tenants,
    /// One instance per simulated host
    Simulation,
    /// One instance per copy of a component
    Plugins,
    /// One instance per input of a fuzzer
    Fuzzing,
}

impl Kind {
    /// The only source file, and its text.
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::Tests => ("lib.rs", include_str!("../templates/tests/lib.rs")),
            Self::Tenants => ("main.rs", include_str!("../templates/tenants/main.rs")),
            Self::Simulation => ("main.rs", include_str!("../templates/simulation/main.rs")),
            Self::Plugins => ("lib.rs", include_str!("../templates/plugins/lib.rs")),
            Self::Fuzzing => ("lib.rs", include_str!("../templates/fuzzing/lib.rs")),
        }
    }
}

pub(crate) fn run(Arguments { path, kind, vimage }: &Arguments) -> Result<(), Failure> {
    let vimage = fs::canonicalize(vimage).map_err(|error| Failure::unreadable(vimage, error))?;
    if !vimage.join("Cargo.toml").is_file() {
        return Err(Failure::Usage(format!("there is no package in {}", vimage.display())));
    }
    // What exists is never overwritten, be it half a package only.
    if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!(
            "{} is not empty; for a package that exists, see `cargo vimage port`",
            path.display()
        )));
    }
    let (file, source) = kind.source();
    let sources = path.join("src");
    fs::create_dir_all(&sources).map_err(|error| Failure::unreadable(&sources, error))?;
    let folder = fs::canonicalize(path).map_err(|error| Failure::unreadable(path, error))?;
    let name = package_name(&folder)?;
    let manifest = include_str!("../templates/Cargo.toml").replace("NAME", &name);
    let manifest = manifest.replace("VIMAGE", &relative(&folder, &vimage));
    write(&path.join("Cargo.toml"), &manifest)?;
    write(&sources.join(file), &source.replace("NAME", &name.replace('-', "_")))?;
    let next = if file == "main.rs" { "`cargo run` and `cargo test`" } else { "`cargo test`" };
    println!("{}: package `{name}`; next: {next} in it", path.display());
    Ok(())
}

/// The name of the folder, if cargo takes it for that of a package.
fn package_name(folder: &Path) -> Result<String, Failure> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_first = |first: char| first.is_alphabetic() || first == '_';
    if name.starts_with(is_first) && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return Ok(name.into_owned());
    }
    Err(Failure::Usage(format!("`{name}` cannot be the name of a package: choose another folder")))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::unreadable(path, error))
}
