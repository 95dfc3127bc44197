//! The tool as a wrapper of rustc: it adds flags without replacing those of the user, which `RUSTFLAGS` would do.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::exit;

/// Set while the audit builds; its value is how the final crate is to be linked.
const MODE: &str = "CARGO_VIMAGE_WRAPPER";
/// A wrapper that the user had set before.
const INNER: &str = "CARGO_VIMAGE_INNER_WRAPPER";

/// Debug information for all crates, names that say of which crate a symbol is, and a symbol table.
const FLAGS: [&str; 8] =
    ["-C", "debuginfo=2", "-C", "symbol-mangling-version=v0", "-C", "strip=none", "-C", "split-debuginfo=off"];

/// Makes cargo call this program in place of rustc. A library is linked with everything that is in it.
pub(super) fn set(cargo: &mut Command, is_library: bool) -> std::io::Result<()> {
    if let Some(inner) = std::env::var_os("RUSTC_WRAPPER").filter(|inner| !inner.is_empty()) {
        cargo.env(INNER, inner);
    }
    cargo.env("RUSTC_WRAPPER", std::env::current_exe()?).env(MODE, if is_library { "library" } else { "program" });
    Ok(())
}

/// Runs rustc if cargo called this program as its wrapper. The first of the arguments is this program.
pub(crate) fn intercept(arguments: &[OsString]) -> Option<ExitCode> {
    let mode = std::env::var_os(MODE)?;
    let [_, rustc, rest @ ..] = arguments else { return None };
    let mut command = match std::env::var_os(INNER) {
        Some(inner) => {
            let mut command = Command::new(inner);
            command.arg(rustc);
            command
        }
        None => Command::new(rustc),
    };
    command.args(rest);
    // Cargo also asks rustc about itself; build scripts and macros run on the host and are not part of the program.
    let pairs = || rest.windows(2).map(|pair| (pair[0].to_string_lossy(), pair[1].to_string_lossy()));
    let on_host = pairs().any(|(flag, value)| match &*flag {
        "--crate-name" => value == "build_script_build",
        "--crate-type" => value == "proc-macro",
        _ => false,
    });
    if pairs().any(|(flag, _)| flag == "--crate-name") && !on_host {
        command.args(FLAGS);
        if mode == "library" && std::env::var_os("CARGO_PRIMARY_PACKAGE").is_some() {
            command.args(["-C", "link-dead-code"]);
        }
    }
    let code = match command.status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
        Err(error) => {
            eprintln!("error: {}: {error}", command.get_program().display());
            exit::BUILD
        }
    };
    Some(ExitCode::from(code))
}
