//! Compilers and tools that checks need, fetched when they are missing. Where that is impossible, a line says what is left
//! out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::step::fetch;

/// A tool from the registry, in a version with which the files that it is compared with were written.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Further arguments of `cargo install`.
    pub(crate) options: &'static [&'static str],
}

const TOOLCHAIN_LIMIT: Duration = Duration::from_secs(5 * 60);
/// They are compiled, and some are large.
const TOOL_LIMIT: Duration = Duration::from_secs(40 * 60);

impl Tool {
    /// Its executable, if there is one or it can be installed.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let Tool { name, version, options } = self;
        // A folder per version, so that cargo need not be asked which one is there.
        let root = std::path::absolute(format!("target/tools/{name}-{version}")).ok()?;
        let path = root.join("bin").join(name).with_extension(std::env::consts::EXE_EXTENSION);
        if path.exists() {
            return Some(path);
        }
        let mut install = Command::new("cargo");
        install.args([
            "install",
            "--debug",
            "--locked",
            "--version",
            version,
            "--target-dir",
            "target/tools/build",
            "--root",
        ]);
        // `--debug`, because to optimize a tool takes longer than to run it once.
        // The compiler, its flags and its profile are those of a program of its own, not those of this workspace.
        install.arg(root).arg(name).args(*options).env_remove("RUSTFLAGS");
        available(name, fetch(&format!("install {name}"), &mut install, TOOL_LIMIT)).then_some(path)
    }
}

/// Whether a toolchain with these components is there, or could be installed.
pub(crate) fn toolchain(name: &str, components: &[&str]) -> bool {
    let mut there = Command::new("rustup");
    there.args(["run", name, "rustc", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if components.is_empty() && there.status().is_ok_and(|status| status.success()) {
        return true;
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", name, "--profile", "minimal", "--no-self-update"]);
    install.args(components.iter().flat_map(|component| ["--component", component]));
    available(&format!("Rust {name}"), fetch(&format!("install Rust {name}"), &mut install, TOOLCHAIN_LIMIT))
}

/// Cargo of a toolchain.
pub(crate) fn cargo_of(toolchain: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", toolchain, "cargo"]);
    // Cargo, which runs this program, names itself for its children.
    command.env_remove("CARGO").env_remove("RUSTC");
    command
}

fn available(what: &str, fetched: Result<(), String>) -> bool {
    if let Err(error) = &fetched {
        println!("{what} is not there and cannot be installed, so this is left out: {error}");
    }
    fetched.is_ok()
}

/// A folder of target folders of its own, because other compilers would build everything again in the usual one.
pub(crate) fn target(name: &str) -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Path::new(&folder).join(name)
}
