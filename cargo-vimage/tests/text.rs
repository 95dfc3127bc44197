//! The text of a report, as people see it.

#![cfg(target_os = "linux")]

mod support;

use support::{append, audit, copy, fixture};

/// The report without what the toolchain and the linker decide: the globals of std and of the C library, the counts that
/// include them, and the gaps between symbols.
fn text(folder: &std::path::Path, arguments: &[&str]) -> String {
    let run = audit(folder, arguments);
    let mut lines: Vec<String> = Vec::new();
    let mut skipped = false;
    for line in run.out.lines() {
        let is_reason = line.starts_with("      ");
        let path = line.trim_start();
        let of_toolchain =
            ["std::", "std:", "<std::", "std_detect::", "memchr::arch", "_rust_extern", "DW.ref", "completed"];
        skipped = if is_reason { skipped } else { of_toolchain.iter().any(|start| path.starts_with(start)) };
        let counts_toolchain = line.contains(" per-process ") || line.contains(" thread-local ");
        if counts_toolchain {
            lines.push(format!("     N{}", &line[6..]));
        } else if line.starts_with("app (") {
            lines.push(format!("{}: N globals", line.split(": ").next().unwrap()));
        } else if line.starts_with("  .") {
            let section = line.split(':').next().unwrap();
            // Others have gaps that depend on the linker.
            lines.extend((section == "  .data").then(|| format!("{section}: N of N")));
        } else if !skipped {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

#[test]
fn what_needs_attention() {
    insta::assert_snapshot!(text(&fixture(), &[]));
}

#[test]
fn everything() {
    insta::assert_snapshot!(text(&fixture(), &["--all", "--features", "extra"]));
}

#[test]
fn allowed_stale_new_and_gone() {
    let folder = copy("text");
    let allow = |krate: &str, path: &str| {
        let entry = format!(
            "\n[[package.metadata.vimage.allow]]\ncrate = \"{krate}\"\npath = \"{path}\"\nreason = \"one for all\"\n"
        );
        append(&folder.join("Cargo.toml"), &entry);
    };
    allow("app", "*");
    allow("log", "MAX_LOG_LEVEL_FILTER");
    allow("log", "LOGGER");
    let baseline = "[[global]]\ntarget = \"app\"\ncrate = \"lib\"\npath = \"lib::inner::COUNT\"\n\n\
                    [[global]]\ntarget = \"app\"\ncrate = \"lib\"\npath = \"lib::OLD\"\n";
    std::fs::write(folder.join("vimage-baseline.toml"), baseline).unwrap();
    insta::assert_snapshot!(text(&folder, &["--all"]));
}
