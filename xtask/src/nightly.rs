//! The nightly toolchain, which Miri and the sanitizers need.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::step::run_within;

const TOOLCHAIN: &str = "nightly";
/// To download and install it.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Whether it is there with these components. What is missing is installed; where that fails, a line says what is left out.
pub(crate) fn is_there_for(what: &str, components: &[&str]) -> bool {
    if is_installed(components) {
        return true;
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal", "--no-self-update"]);
    install.args(components.iter().flat_map(|component| ["--component", component]));
    if let Err(error) = run_within(LIMIT, "install the nightly toolchain", &mut install) {
        println!("{error}");
    }
    let is_there = is_installed(components);
    if !is_there {
        println!("{what}: the nightly toolchain with {} cannot be had: left out", components.join(" and "));
    }
    is_there
}

fn is_installed(components: &[&str]) -> bool {
    let mut list = Command::new("rustup");
    list.args(["component", "list", "--installed", "--toolchain", TOOLCHAIN]).stderr(Stdio::null());
    let Ok(output) = list.output() else {
        return false;
    };
    let installed = String::from_utf8_lossy(&output.stdout);
    // Most have the target behind their name.
    output.status.success()
        && components.iter().all(|component| installed.lines().any(|line| line.starts_with(component)))
}

/// Its cargo, with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN, "cargo"]).args(arguments);
    command
}
