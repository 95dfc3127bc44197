//! `cargo vimage port` on small packages, one for each rule: what it prints, the difference, the files afterwards, and
//! that a second run changes nothing.
//!
//! A fixture is a text with the files of a package. All packages share one target folder.

mod fixture;

use std::fs;

use fixture::Fixture;

macro_rules! golden {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let package = Fixture::new(stringify!($name), include_str!(concat!("fixtures/", stringify!($name), ".txt")));
                insta::assert_snapshot!(stringify!($name), package.ported());
            }
        )*
    };
}

golden! { decisions kinds elsewhere keep lazy barriers format unseen features }

/// A byte order mark, line ends of Windows and other letters stay where they were.
#[test]
fn bytes_survive() {
    let text = "\u{feff}// ä\r\nuse std::sync::Mutex;\r\n\r\n/// 名\r\nstatic NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());\r\n\r\n\
                pub fn é() {\r\n    NAMES.lock().unwrap().push(\"ö\");\r\n    NAMES.lock().unwrap().push(\"ü\")\r\n}\r\n";
    let package = Fixture::new("bytes", "//- arguments: --undecided virtualized\n//- src/lib.rs\n");
    fs::write(package.path("src/lib.rs"), text).unwrap();
    let (code, printed) = package.port(&[]);
    assert_eq!(code, Some(0), "{printed}");
    let expected = text
        .replace("/// 名\r\n", "vimage::virtualize! {\r\n/// 名\r\n#[vimage::virtualized]\r\n")
        .replace("    NAMES", "    V_NAMES")
        .replace("}\r\n", "}\r\n}\r\n");
    assert_eq!(fs::read_to_string(package.path("src/lib.rs")).unwrap(), expected);
}

#[test]
fn a_dry_run_prints_the_difference_and_changes_nothing() {
    let package = Fixture::new("dry", include_str!("fixtures/keep.txt"));
    let before = package.all_files();
    let (code, printed) = package.port(&["--dry-run"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("+    #[vimage::virtualized(keep)]\n"), "{printed}");
    assert!(printed.contains("+vimage = { path = "), "{printed}");
    assert_eq!(package.all_files(), before);
}

/// Each way to fail has its exit code, and leaves the package as it was.
#[test]
fn failures_have_exit_codes() {
    let text = include_str!("fixtures/keep.txt").replace("--undecided virtualized", "");
    let package = Fixture::new("failures", &text);
    let before = package.all_files();
    let fails = |arguments: &[&str], code: i32, message: &str| {
        let (found, printed) = package.port(arguments);
        assert!(found == Some(code) && printed.contains(message), "{code}, {message}: {found:?}, {printed}");
        assert_eq!(package.all_files(), before);
    };
    fails(&[], 1, "--static src/lib.rs:TEXT    # OnceLock<String>");
    fails(&["--static", "src/lib.rs:NONE"], 2, "there is no static `src/lib.rs:NONE`");
    fails(&["--static", "NONE"], 2, "expected `FILE:NAME`");
    fails(&["--undecided", "shared", "--check", "--features none"], 3, "does not compile before it is ported");

    let (code, printed) = package.cargo_vimage(&["port", "--undecided", "shared"]);
    assert!(code == Some(2) && printed.contains("is not in a git repository"), "{code:?}, {printed}");
    package.git(&["init", "--quiet"]);
    let (code, printed) = package.cargo_vimage(&["port", "--undecided", "shared"]);
    assert!(code == Some(2) && printed.contains("the work tree has changes"), "{code:?}, {printed}");
    assert!(printed.contains("?? src/") && !printed.contains("Cargo.lock"), "{printed}");
    let (code, printed) = package.cargo_vimage(&["port", "--undecided", "shared", "--vimage", "src", "--allow-dirty"]);
    assert!(code == Some(2) && printed.contains("there is no package in"), "{code:?}, {printed}");

    fs::write(package.path("src/lib.rs"), "fn {").unwrap();
    let (code, printed) = package.port(&["--undecided", "shared"]);
    assert!(code == Some(4) && printed.contains("src/lib.rs"), "{code:?}, {printed}");
}
