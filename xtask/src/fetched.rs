//! Compilers that checks need, fetched when they are missing. Where that is impossible, a line says what is left
//! out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::step::fetch;

/// What Miri and the sanitizers need.
pub(crate) const NIGHTLY: &str = "nightly";

const TOOLCHAIN_LIMIT: Duration = Duration::from_secs(5 * 60);

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
