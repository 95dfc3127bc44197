//! Compilers and tools that checks need, fetched when they are missing. Where that is impossible, a line says what is left
//! out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::step::fetch;

/// What Miri, the sanitizers, docs.rs and some tools need.
pub(crate) const NIGHTLY: &str = "nightly";

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
        // Not optimized, which would take longer than to run it, and without what only debuggers need.
        install.args(["install", "--debug", "--config", "profile.dev.debug=0", "--locked", "--version", version]);
        install.args(["--target-dir", "target/tools/build"]);
        // Flags are for the code of this workspace.
        install.arg("--root").arg(root).arg(name).args(*options).env_remove("RUSTFLAGS");
        available(name, fetch(&format!("install {name}"), &mut install, TOOL_LIMIT)).then_some(path)
    }
}

/// Whether a toolchain with these components is there, or could be installed.
pub(crate) fn toolchain(name: &str, components: &[&str]) -> bool {
    if is_there(name, components) {
        return true;
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", name, "--profile", "minimal", "--no-self-update"]);
    install.args(components.iter().flat_map(|component| ["--component", component]));
    available(&format!("Rust {name}"), fetch(&format!("install Rust {name}"), &mut install, TOOLCHAIN_LIMIT))
}

/// Does not ask the network, and so does not replace a toolchain by a newer one.
fn is_there(name: &str, components: &[&str]) -> bool {
    let mut list = Command::new("rustup");
    list.args(["component", "list", "--installed", "--toolchain", name]).stderr(Stdio::null());
    let Ok(output) = list.output() else {
        return false;
    };
    let installed = String::from_utf8_lossy(&output.stdout);
    // The target is behind the name of most.
    let is_installed = |component: &&str| installed.lines().any(|line| line.starts_with(*component));
    output.status.success() && components.iter().all(is_installed)
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
