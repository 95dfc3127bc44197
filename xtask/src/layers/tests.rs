//! The check finds what it is there for: on crates of a few lines.

use std::path::Path;

use super::Report;
use super::tables::{self, Layers};

const LAYERS: Layers = Layers { sources: "src", floors: &["low", "middle", "high", "lib"], circles: &[("middle", 2)] };

/// Checks a crate of these files, beside a `lib.rs`.
fn check(library: &str, files: &[(&str, &str)]) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files.iter().chain(&[("lib.rs", library)]) {
        let path = folder.path().join("src").join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    LAYERS.check(folder.path()).expect("tokens")
}

/// The errors but for floors without files, of which these small crates have many.
fn errors(library: &str, files: &[(&str, &str)]) -> Vec<String> {
    let errors = check(library, files).errors.into_iter();
    errors.filter(|error| !error.contains("has no files on the floor")).collect()
}

#[test]
fn a_floor_without_files_is_an_error() {
    let report = check("mod low; mod high;", &[("low.rs", ""), ("high.rs", "")]);
    assert_eq!(report.errors, ["src: has no files on the floor `middle`"]);
}

#[test]
fn imports_that_go_down_or_stay_are_fine() {
    let library = "mod low; mod middle; mod high; pub use high::top;";
    let files = [
        ("low.rs", "pub fn bottom() {}"),
        ("middle/mod.rs", "mod other; pub use other::between;"),
        ("middle/other.rs", "use crate::low::bottom; pub fn between() { bottom() }"),
        ("high.rs", "use std::fmt; pub fn top() { crate::middle::between() }"),
    ];
    let report = check(library, &files);
    assert_eq!(report.errors, [""; 0]);
    // `middle/mod.rs` re-exports, and is not what `high.rs` uses.
    assert_eq!(report.summary, "5 files, 4 imports between them, 0 upward, 0 in circles (the largest has 0)");
}

#[test]
fn an_import_that_goes_up_is_named_with_both_floors() {
    let library = "mod low; mod high;";
    let high = ("high.rs", "pub fn top() {} pub struct Top; macro_rules! topmost { () => {} }");
    let expected = "goes up: from `low` (floor 1) to `high` (floor 3)";
    for (low, line, path) in [
        ("use crate::high::top;", 1, "crate::high::top"),
        ("\npub(crate) use crate::{high::{self, Top as Other}};", 2, "crate::high"),
        ("use crate::high::*;", 1, "crate::high"),
        ("fn f() {\n crate::high::top()\n}", 2, "crate::high::top"),
        ("use super::high as h; fn f() -> h::Top { h::Top }", 1, "h::Top"),
        ("fn f() { println!(\"{}\", super::high::top()) }", 1, "super::high::top"),
        ("mod inner { use super::super::high::Top; }", 1, "super::super::high::Top"),
        ("macro_rules! m { ($a:expr) => { crate::high::top($a) } }", 1, "crate::high::top"),
        ("fn f() { topmost!() }", 1, "topmost"),
    ] {
        let errors = errors(library, &[("low.rs", low), high]);
        assert_eq!(errors, [format!("src/low.rs:{line}: `{path}` {expected}")], "{low}");
    }
}

#[test]
fn a_name_at_the_root_is_on_the_top_floor() {
    let files = [("low.rs", "use crate::top;"), ("high.rs", "pub fn top() {}")];
    let errors = errors("mod low; mod high; pub use high::top;", &files);
    assert!(errors[0].contains("from `low` (floor 1) to `lib` (floor 4)"), "{errors:?}");
}

#[test]
fn an_exported_macro_is_where_it_is_written() {
    let files = [("low.rs", "#[macro_export] macro_rules! help { () => {} }"), ("high.rs", "pub use crate::help;")];
    assert_eq!(errors("mod low; mod high;", &files), [""; 0]);
}

#[test]
fn each_build_counts() {
    let middle = "mod plain; mod shared; #[cfg(unix)] use plain as build; #[cfg(not(unix))] use shared as build;\n\
                  pub use build::between; pub use shared::shared;";
    let files = [
        ("middle/mod.rs", middle),
        ("middle/plain.rs", "use crate::high::top; pub fn between() {}"),
        ("middle/shared.rs", "pub fn between() {} pub fn shared() {}"),
        ("high.rs", "use crate::middle::{between, shared}; pub fn top() {}"),
    ];
    let errors = errors("mod middle; mod high;", &files);
    let circle = "src: 2 files import one another:\n  high.rs → middle/plain.rs\n  middle/plain.rs → high.rs";
    let upward = "src/middle/plain.rs:1: `crate::high::top` goes up: from `middle` (floor 2) to `high` (floor 3)";
    assert_eq!(errors, [upward, circle]);
}

#[test]
fn a_module_may_be_one_file_or_another() {
    let library = "mod middle; mod high;";
    let middle = "#[cfg_attr(unix, path = \"one.rs\")] #[cfg_attr(not(unix), path = \"other.rs\")] mod build;";
    let upward = "use crate::high::top;";
    let files = [
        ("middle/mod.rs", middle),
        ("middle/one.rs", upward),
        ("middle/other.rs", upward),
        ("high.rs", "pub fn top() {}"),
    ];
    assert_eq!(errors(library, &files).len(), 2);
}

#[test]
fn what_is_no_import_is_left_alone() {
    let high = ("high.rs", "pub fn top() {}");
    for low in [
        "pub(in crate::low) fn f() {}",
        "macro_rules! m { () => { $crate::high::top() } }",
        "#[cfg(test)] mod tests { use crate::high::top; }",
        "#[cfg(all(test, not(miri)))] use crate::high::top;",
        "struct S { #[cfg(test)] field: crate::high::T, other: u8 }",
        "/// See [`crate::high::top`].\nfn f() {}",
        "fn f() { quote! { crate::high::top() } }",
        "fn f() { ::high::top() } use high::top;",
    ] {
        assert_eq!(errors("mod low; mod high;", &[("low.rs", low), high]), [""; 0], "{low}");
    }
}

#[test]
fn what_tests_and_others_have_is_checked() {
    let low = "#[cfg(any(test, unix))] use crate::high::top;\n#[cfg(not(test))] use crate::high::top as other;";
    assert_eq!(errors("mod low; mod high;", &[("low.rs", low), ("high.rs", "pub fn top() {}")]).len(), 2);
}

#[test]
fn a_circle_is_found_where_none_may_be() {
    let a = ("high/a.rs", "use super::b::B; pub struct A;");
    let b = ("high/b.rs", "use super::a::A; pub struct B;");
    let errors = errors("mod high;", &[("high/mod.rs", "mod a; mod b;"), a, b]);
    assert_eq!(errors, ["src: 2 files import one another:\n  high/a.rs → high/b.rs\n  high/b.rs → high/a.rs"]);
}

#[test]
fn a_circle_may_be_where_the_table_says_so_and_no_larger() {
    let a = ("middle/a.rs", "use super::b::B; pub struct A;");
    let b = ("middle/b.rs", "use super::a::A; pub struct B;");
    assert_eq!(errors("mod middle;", &[("middle/mod.rs", "mod a; mod b;"), a, b]), [""; 0]);
    let b = ("middle/b.rs", "use super::c::C; pub struct B;");
    let c = ("middle/c.rs", "use super::a::A; pub struct C;");
    let errors = errors("mod middle;", &[("middle/mod.rs", "mod a; mod b; mod c;"), a, b, c]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("src: 3 files import one another"), "{errors:?}");
}

#[test]
fn a_file_that_the_table_does_not_know_is_an_error() {
    let library = "#[path = \"odd.rs\"] mod middle; mod attic; #[cfg(test)] mod tests;";
    let errors = errors(library, &[("odd.rs", ""), ("attic/mod.rs", "mod inner;"), ("attic/inner.rs", "")]);
    let expected = ["odd.rs", "attic/mod.rs", "attic/inner.rs"];
    assert_eq!(errors, expected.map(|file| format!("src/{file}: is on no floor of the table")));
}

/// What a floor is for is told in the document: of each that there is, from the top down.
#[test]
fn the_documentation_has_a_row_for_each_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("a document");
    for layers in &tables::LAYERS[..2] {
        let (_, section) = text.split_once(&format!("`{}`", layers.sources)).expect("a section per crate");
        let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
        let names = rows.map_while(|row| row.strip_prefix("| ")?.split(" | ").next()).flat_map(|cell| cell.split(", "));
        let documented: Vec<_> = names.map(|name| name.trim_matches('`')).collect();
        let sources = root.join(layers.sources);
        let exists = |floor: &&&str| sources.join(floor).is_dir() || sources.join(format!("{floor}.rs")).is_file();
        let floors: Vec<_> = layers.floors.iter().rev().filter(exists).copied().collect();
        assert_eq!(documented, floors, "{}", layers.sources);
    }
}
