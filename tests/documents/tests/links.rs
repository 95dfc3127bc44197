//! The links of the documents lead to files that exist, and to titles in them.

use std::path::{Path, PathBuf};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "PORTING.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/errors.md",
    "benches/README.md",
    "cargo-vimage/README.md",
    "examples/netlab/README.md",
    "vimage-macros/README.md",
    "vimage-tracing/README.md",
    "vimage-integrations/README.md",
    "vimagectl/README.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The targets of `[…](target)` that are in this repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://"))
}

/// The anchor that GitHub gives to a title.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for document in DOCUMENTS {
        let document = root().join(document);
        for link in links(&text(&document)) {
            let (file, wanted) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                _ => document.parent().expect("it is in a folder").join(file),
            };
            assert!(target.exists(), "{}: {link}", document.display());
            if !wanted.is_empty() {
                let text = text(&target);
                let mut titles =
                    text.lines().filter_map(|line| line.strip_prefix('#')).map(|title| title.trim_matches('#').trim());
                assert!(titles.any(|title| anchor(title) == wanted), "{}: {link}", document.display());
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count} links were found");
}
