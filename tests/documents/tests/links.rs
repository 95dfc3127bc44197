//! The links of the documents lead to files that exist, and to titles in them.

use std::path::{Path, PathBuf};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "PORTING.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "benches/README.md",
    "cargo-vimage/README.md",
    "examples/netlab/README.md",
    "examples/tenants/README.md",
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

/// The files of the book.
fn chapters() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("docs/src")).expect("the book's chapters");
    files.map(|file| file.expect("a file").path()).collect()
}

/// mdBook makes `.html` of each link to `.md`, also where the file is in no book.
#[test]
fn the_book_has_all_chapters_and_links_to_no_other_markdown() {
    let summary = text(&root().join("docs/src/SUMMARY.md"));
    for chapter in chapters() {
        let name = chapter.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(name == "SUMMARY.md" || summary.contains(&format!("]({name})")), "{name} is not in SUMMARY.md");
        let text = text(&chapter);
        let outside = links(&text).find(|link| link.starts_with("..") && link.contains(".md"));
        assert_eq!(outside, None, "{name}: link to the folder instead");
    }
}

/// A chapter without examples need not be compiled; the errors have a package of their own.
#[test]
fn the_examples_of_all_chapters_are_compiled() {
    let compiled = text(&root().join("tests/book/src/lib.rs")) + &text(&root().join("tests/documents/src/lib.rs"));
    for chapter in chapters() {
        let name = chapter.file_name().and_then(|name| name.to_str()).expect("a name");
        let has_examples = text(&chapter).contains("```rust");
        assert!(!has_examples || compiled.contains(&format!("docs/src/{name}\"")), "{name} is not compiled");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    let documents = DOCUMENTS.iter().map(|document| root().join(document));
    for document in documents.chain(chapters()) {
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
