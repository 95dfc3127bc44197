//! The exit code and the message of each way in which an audit can end.

#![cfg(target_os = "linux")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Run, append, audit, copy, fixture};

fn expect(run: &Run, code: i32, message: &str) {
    assert!(run.code == code && run.err.contains(message), "expected {code} and `{message}`: {run:#?}");
}

#[test]
fn a_report_is_0_and_what_is_denied_is_1() {
    let folder = fixture();
    expect(&audit(&folder, &[]), 0, "");
    expect(&audit(&folder, &["--deny", "stale-allow"]), 0, "");
    let both = audit(&folder, &["--deny", "not-isolated", "--deny", "unknown"]);
    expect(&both, 1, "error: denied: 18 not isolated, 1 unknown");
    assert!(both.out.contains("app::NAMES"), "the report is printed all the same: {}", both.out);
}

#[test]
fn an_allow_list_accepts_and_goes_stale() {
    let folder = copy("allow");
    let allow = |table: &str, krate: &str, path: &str| {
        let entry =
            format!("\n[[{table}.metadata.vimage.allow]]\ncrate = \"{krate}\"\npath = \"{path}\"\nreason = \"why\"\n");
        append(&folder.join("Cargo.toml"), &entry);
    };
    allow("package", "app", "*");
    allow("workspace", "lib", "inner::COUNT");
    allow("workspace", "lib", "*::CALLS");
    allow("package", "log", "*");
    allow("package", "C", "foreign_counter");
    let deny = ["--deny", "not-isolated", "--deny", "unknown", "--deny", "stale-allow"];
    let run = audit(&folder, &[&deny[..], &["--format", "json"]].concat());
    expect(&run, 0, "");
    let report = run.report();
    assert_eq!(report["counts"]["allowed"], 19);
    assert_eq!(report["counts"]["thread-local"], 2 + of_std(&report), "what needs no permission keeps its verdict");

    // Of the package: it accepts nothing. Of the workspace: the crate is there, so another program may need it.
    allow("package", "app", "GONE");
    allow("workspace", "lib", "GONE_TOO");
    expect(&audit(&folder, &deny), 1, "error: denied: 1 allowed and not needed");
    allow("workspace", "no-such-crate", "*");
    let run = audit(&folder, &deny);
    expect(&run, 1, "error: denied: 2 allowed and not needed");
    assert!(run.out.contains("crate = \"app\", path = \"GONE\""), "{}", run.out);
}

fn of_std(report: &serde_json::Value) -> usize {
    let of_std = |global: &&serde_json::Value| global["crate"] == "std" && global["verdict"] == "thread-local";
    report["globals"].as_array().unwrap().iter().filter(of_std).count()
}

#[test]
fn a_baseline_accepts_what_was_there() {
    let folder = copy("baseline");
    expect(&audit(&folder, &["--deny", "new"]), 2, "needs a baseline");
    expect(&audit(&folder, &["--write-baseline"]), 0, "vimage-baseline.toml");
    expect(&audit(&folder, &["--deny", "new"]), 0, "");
    let run = audit(&folder, &["--deny", "new", "--features", "extra"]);
    expect(&run, 1, "error: denied: 1 new");
    assert!(run.out.lines().any(|line| line.contains("app::EXTRA") && line.ends_with("  new")), "{}", run.out);

    // The baseline of another program of the package stays.
    let baseline = folder.join("vimage-baseline.toml");
    append(&baseline, "\n[[global]]\ntarget = \"other\"\ncrate = \"app\"\npath = \"app::OTHERS\"\n");
    append(&baseline, "\n[[global]]\ntarget = \"app\"\ncrate = \"app\"\npath = \"app::REMOVED\"\n");
    let run = audit(&folder, &["--deny", "new"]);
    expect(&run, 0, "");
    assert!(run.out.contains("app::REMOVED") && !run.out.contains("app::OTHERS"), "{}", run.out);
    expect(&audit(&folder, &["--write-baseline"]), 0, "");
    let text = std::fs::read_to_string(&baseline).unwrap();
    assert!(text.contains("app::OTHERS") && !text.contains("app::REMOVED"), "{text}");

    std::fs::write(&baseline, "[[global]]\nname = 1\n").unwrap();
    expect(&audit(&folder, &[]), 4, "vimage-baseline.toml");
}

#[test]
fn wrong_arguments_and_manifests_are_2() {
    let folder = fixture();
    expect(&audit(&folder, &["--deny", "everything"]), 2, "invalid value");
    expect(&audit(&folder, &["--no-such-option"]), 2, "unexpected argument");
    expect(&audit(&folder, &["-p", "nobody"]), 2, "no package `nobody` in the workspace");
    expect(&audit(&folder, &["--bin", "nobody"]), 2, "no bin `nobody`");
    expect(&audit(&folder, &["--features", "nothing"]), 2, "nothing");
    expect(&audit(&folder, &["--manifest-path", "nowhere/Cargo.toml"]), 2, "nowhere");

    let folder = copy("usage");
    let manifest = folder.join("Cargo.toml");
    let original = std::fs::read_to_string(&manifest).unwrap();
    append(&manifest, "\n[[package.metadata.vimage.allow]]\ncrate = \"app\"\npath = \"*\"\n");
    expect(&audit(&folder, &[]), 2, "missing field `reason`");
    std::fs::write(&manifest, &original).unwrap();
    append(&manifest, "\n[[package.metadata.vimage.allow]]\ncrate = \"app\"\npath = \"*\"\nreason = \" \"\n");
    expect(&audit(&folder, &[]), 2, "`*` of `app` has no reason");

    // Two programs, of which none is the default.
    std::fs::write(&manifest, original.replace("default-run = \"app\"\n", "")).unwrap();
    std::fs::create_dir(folder.join("src/bin")).unwrap();
    std::fs::write(folder.join("src/bin/second.rs"), "fn main() {}\n").unwrap();
    expect(&audit(&folder, &[]), 2, "choose one of several: `-p app --bin app`, `-p app --bin second`");
    expect(&audit(&folder, &["--bin", "second"]), 0, "");
}

#[test]
fn a_program_that_does_not_compile_is_3() {
    let folder = copy("broken");
    append(&folder.join("src/main.rs"), "\nfn broken() -> u8 {}\n");
    let run = audit(&folder, &[]);
    expect(&run, 3, "error: `app` does not build");
    assert!(run.err.contains("mismatched types"), "cargo's messages are shown: {}", run.err);
}

#[test]
fn a_file_that_cannot_be_read_is_4() {
    let folder = fixture();
    let files = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let read = |name: &str, bytes: &[u8], message: &str| {
        let file = files.join(name);
        std::fs::write(&file, bytes).unwrap();
        expect(&audit(&folder, &["--executable", file.to_str().unwrap()]), 4, message);
    };
    expect(&audit(&folder, &["--executable", "nowhere"]), 4, "nowhere");
    read("script", b"#!/bin/sh\necho this is no program\n", "script: ");
    read("truncated", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "truncated: ");
    let mach_o = [&0xfeed_facf_u32.to_le_bytes()[..], &[0; 60]].concat();
    read("mach-o", &mach_o, "a Mach-O file, which audit cannot read yet");

    let stripped = files.join("stripped.rs");
    std::fs::write(&stripped, "fn main() {}").unwrap();
    let program = files.join("stripped");
    let built = Command::new("rustc").args(["-C", "strip=symbols", "-o"]).arg(&program).arg(&stripped).status();
    assert!(built.unwrap().success());
    expect(&audit(&folder, &["--executable", program.to_str().unwrap()]), 4, "has no symbols, because it was stripped");
}
