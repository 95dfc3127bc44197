//! `cargo vimage init`: a new package to start from, for each reason to have instances.

use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::port::relative;
use crate::runtime;

/// Makes a package to start from: code with a global, its instances, and a test
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the new package, whose name becomes that of the package
    path: PathBuf,
    /// What instances are for
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// The folder `vimage-runtime` of a checkout. Without this: of the checkout that this command was built from
    #[arg(long, value_name = "PATH")]
    vimage: Option<PathBuf>,
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
    /// The files beside the manifest, and their texts.
    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Tests => &[("src/lib.rs", include_str!("../templates/tests/lib.rs"))],
            Self::Tenants => &[("src/main.rs", include_str!("../templates/tenants/main.rs"))],
            Self::Simulation => &[("src/main.rs", include_str!("../templates/simulation/main.rs"))],
            Self::Plugins => &[("src/lib.rs", include_str!("../templates/plugins/lib.rs"))],
            Self::Fuzzing => &[
                ("src/lib.rs", include_str!("../templates/fuzzing/lib.rs")),
                ("fuzz/Cargo.toml", include_str!("../templates/fuzzing/fuzz.toml")),
                ("fuzz/fuzz_targets/isolated.rs", include_str!("../templates/fuzzing/isolated.rs")),
                ("fuzz/.gitignore", "/target\n/corpus\n/artifacts\n/coverage\n"),
            ],
        }
    }

    /// The part of the manifest that says which builds have instances.
    fn instances(self) -> &'static str {
        match self {
            Self::Tests => include_str!("../templates/tests/instances.toml"),
            _ => include_str!("../templates/instances.toml"),
        }
    }

    /// What to type next.
    fn next(self) -> &'static str {
        match self {
            Self::Tests | Self::Plugins => "`cargo test`",
            Self::Tenants | Self::Simulation => "`cargo run` and `cargo test`",
            Self::Fuzzing => "`cargo test`; `cargo install cargo-fuzz` and `cargo +nightly fuzz run isolated`",
        }
    }
}

pub(crate) fn run(Arguments { path, kind, vimage }: &Arguments) -> Result<(), Failure> {
    let vimage = runtime::folder(vimage.as_deref())?;
    // What exists is never overwritten, be it half a package only.
    if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!(
            "{} is not empty; for a package that exists, see `cargo vimage port`",
            path.display()
        )));
    }
    fs::create_dir_all(path).map_err(|error| Failure::unreadable(path, error))?;
    let folder = fs::canonicalize(path).map_err(|error| Failure::unreadable(path, error))?;
    let name = package_name(&folder)?;
    let filled = |text: &str| {
        let text = text.replace("@NAME@", &name).replace("@CRATE@", &name.replace('-', "_"));
        text.replace("@VIMAGE@", &relative(&folder, &vimage))
    };
    let manifest = [include_str!("../templates/package.toml"), kind.instances()].concat();
    for (file, text) in [("Cargo.toml", &*manifest), (".gitignore", "/target\n")].iter().chain(kind.files()) {
        write(&path.join(file), &filled(text))?;
    }
    println!("{}: package `{name}`; next, in it: {}", path.display(), kind.next());
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
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Failure::unreadable(folder, error))?;
    fs::write(path, text).map_err(|error| Failure::unreadable(path, error))
}
