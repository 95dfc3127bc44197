//! The public names of the libraries, as text in `docs/api`: what changes there is seen in the change that does it.
//! Which of the changes break code, [`semver`](super::semver) says.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::fetched::{NIGHTLY, Tool, target, toolchain};
use crate::step::Done;

const PUBLIC_API: Tool = Tool { name: "cargo-public-api", version: "0.52.0", options: &[] };
const FOLDER: &str = "docs/api";
pub(super) const LIBRARIES: [&str; 4] = ["vimage", "vimage-tracing", "vimage-integrations", "vimage-inspect"];

/// Compares the names with those that are written down.
pub(super) fn check() -> Done {
    let changed = each(|file, names| {
        let expected = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(differences(&expected, names))
    })?;
    let hint = "if that is meant, `cargo xtask api bless` writes them down, and CHANGELOG.md says it";
    if changed.is_empty() { Ok(()) } else { Err(format!("public names have changed; {hint}\n{changed}")) }
}

/// Writes the names down.
pub(crate) fn bless() -> Done {
    std::fs::create_dir_all(FOLDER).map_err(|error| format!("{FOLDER}: {error}"))?;
    each(|file, names| {
        std::fs::write(file, names).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(String::new())
    })?;
    Ok(())
}

/// Calls the function for each library, and puts together what it returns. The result is empty without the tool.
fn each(mut use_names: impl FnMut(&Path, &str) -> Result<String, String>) -> Result<String, String> {
    let tool = toolchain(NIGHTLY, &[]).then(|| PUBLIC_API.path()).flatten();
    let Some(tool) = tool else {
        return Ok(String::new());
    };
    let mut all = String::new();
    for library in LIBRARIES {
        println!("\n== public names of {library}");
        let mut command = Command::new("rustup");
        // Without what follows from the names themselves: implementations for every type.
        command.args(["run", NIGHTLY]).arg(&tool).args(["public-api", "-s", "--color=never", "-p", library]);
        command.args(["--all-features", "--target-dir"]).arg(target("api"));
        let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{library}: {error}"))?;
        if !output.status.success() {
            return Err(format!("{library}: cargo-public-api: {}", output.status));
        }
        let names = stable(&String::from_utf8_lossy(&output.stdout));
        all += &use_names(&Path::new(FOLDER).join(library).with_extension("txt"), &names)?;
    }
    Ok(all)
}

/// Without the traits that only a nightly compiler knows, and of which each knows others.
fn stable(names: &str) -> String {
    const UNSTABLE: [&str; 2] = ["core::marker::Freeze for", "core::marker::UnsafeUnpin for"];
    let is_stable = |line: &&str| !UNSTABLE.iter().any(|name| line.contains(name));
    names.lines().filter(is_stable).map(|line| format!("{line}\n")).collect()
}

/// The lines that are in one text only.
fn differences(expected: &str, found: &str) -> String {
    let only = |sign: char, one: &str, other: &str| -> String {
        let other: std::collections::BTreeSet<&str> = other.lines().collect();
        one.lines().filter(|line| !other.contains(line)).map(|line| format!("{sign} {line}\n")).collect()
    };
    only('-', expected, found) + &only('+', found, expected)
}

#[test]
fn what_is_missing_and_what_is_new_is_a_difference() {
    assert_eq!(differences("a\nb\n", "b\nc\n"), "- a\n+ c\n");
    assert_eq!(differences("a\n", "a\n"), "");
    assert_eq!(
        stable("impl core::marker::Freeze for A\nimpl core::marker::Send for A\n"),
        "impl core::marker::Send for A\n"
    );
}
