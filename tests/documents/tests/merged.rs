//! rustdoc compiles all examples of a crate at once, unless one of them does not compile together with the others: then
//! it silently compiles each by itself, which takes ten times as long. An example that says `crate::` is one.

use std::path::{Path, PathBuf};

#[test]
fn examples_that_name_their_root_stand_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for path in ["vimage-runtime/src", "vimage-tracing/src", "vimage-integrations/src", "docs", "README.md"] {
        collect(&root.join(path), &mut files);
    }
    let bad: Vec<String> = files.iter().flat_map(|file| examples_in(file)).collect();
    assert!(bad.is_empty(), "write `standalone_crate` behind the quotes at\n{}", bad.join("\n"));
    assert!(files.len() > 50, "{} files", files.len());
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else {
        let is_text = path.extension().is_some_and(|end| end == "rs" || end == "md");
        return files.extend(is_text.then(|| path.to_owned()));
    };
    entries.for_each(|entry| collect(&entry.expect("an entry").path(), files));
}

/// The places of the examples that would be merged with others and cannot be.
fn examples_in(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_code = file.extension().is_some_and(|end| end == "rs");
    let mut bad = Vec::new();
    let mut example: Option<(usize, &str)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let Some(line) = (if is_code { doc(line) } else { Some(line) }) else { continue };
        match (line.trim_start().strip_prefix("```"), example) {
            (Some(attributes), None) => example = Some((index + 1, attributes)),
            (Some(_), Some(_)) => example = None,
            (None, Some((begin, "" | "rust"))) if line.contains("crate::") => {
                bad.push(format!("{}:{begin}", file.display()));
                example = Some((begin, "named"));
            }
            _ => (),
        }
    }
    bad
}

fn doc(line: &str) -> Option<&str> {
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
}
