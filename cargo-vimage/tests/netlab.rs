//! The largest example, which uses the real runtime and macros: nothing in it is shared by accident.

#![cfg(target_os = "linux")]

mod support;

use std::path::Path;

use support::audit;

#[test]
fn netlab_is_clean_in_the_build_with_instances() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/netlab");
    let deny = ["--deny", "not-isolated", "--deny", "unknown", "--deny", "stale-allow"];
    let run = audit(&folder, &[&deny[..], &["--format", "json"]].concat());
    assert_eq!(run.code, 0, "{run:#?}");
    let report = run.report();
    let written = attributes(&folder.join("src"), "#[virtualized");
    assert!(written > 30, "{written}");
    assert_eq!(report["counts"]["virtualized"], written);
    assert_eq!(report["counts"]["shared"], attributes(&folder.join("src"), "#[shared]"));
    assert!(report["counts"]["allowed"].as_u64().unwrap() > 0);
}

/// The number of lines that start with an attribute, in a folder.
fn attributes(folder: &Path, attribute: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let in_entry = |entry: std::path::PathBuf| {
        if entry.is_dir() {
            return attributes(&entry, attribute);
        }
        let text = std::fs::read_to_string(entry).unwrap();
        text.lines().filter(|line| line.trim_start().starts_with(attribute)).count()
    };
    entries.map(in_entry).sum()
}
