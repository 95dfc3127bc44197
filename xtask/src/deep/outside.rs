//! Programs that are read from outside.

use std::process::Command;

use crate::builds::{OPTIMIZED, THREE};
use crate::step::{Done, cargo};

/// A program that reads itself from outside, as each kind of executable, while it changes, and from damaged core files.
pub(super) fn outside() -> Done {
    const KINDS: [(&str, &str); 4] = [
        ("stripped", "-C strip=symbols"),
        ("stripped, at fixed addresses", "-C strip=symbols -C relocation-model=static"),
        ("static", "-C target-feature=+crt-static"),
        ("static, at fixed addresses", "-C target-feature=+crt-static -C relocation-model=static"),
    ];
    const ITSELF: [&str; 8] =
        ["test", "--release", "-p", "vimage-inspect", "--test", "itself", "--target-dir", "target/outside"];
    let host = host()?;
    for (kind, flags) in KINDS {
        for features in [OPTIMIZED[0].features, OPTIMIZED[1].features, THREE[0].features] {
            // With a target, because the flags are not for macros.
            let arguments = ["--target", &host, "--no-default-features", "--features", features];
            let title = format!("from outside: {kind}, {features}");
            cargo(&title, &[&ITSELF[..], &arguments].concat(), &[("RUSTFLAGS", flags)])?;
        }
    }
    const MANY: [(&str, &str); 2] = [("CHURN_LOOKS", "100000"), ("HOSTILE_ROUNDS", "300000")];
    // Optimized, and with the types of variables.
    const DEBUG: [&str; 2] = ["--config", "profile.release.package.vimage-inspect.debug=true"];
    let tests = ["churn", "hostile", "hostile_values", "values"].map(|test| ["--test", test]).concat();
    let build =
        ["test", "--release", "-p", "vimage-inspect", "--no-default-features", "--features", OPTIMIZED[0].features];
    cargo("from outside: many looks", &[&build[..], &DEBUG, &tests].concat(), &MANY)
}

/// The target of programs that run here.
pub(super) fn host() -> Result<String, String> {
    let output = Command::new("rustc").args(["--print", "host-tuple"]).output();
    let output = output.map_err(|error| format!("rustc did not start: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
