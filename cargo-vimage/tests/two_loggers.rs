//! The example `two-loggers` with the facades of the registry and with ported ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The example as somebody has it outside of this workspace.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = checkout().join("examples/two-loggers");
    let manifest: Vec<_> = fs::read_to_string(example.join("Cargo.toml")).unwrap().lines().map(own).collect();
    fs::write(folder.path().join("Cargo.toml"), format!("{}\n\n[workspace]\n", manifest.join("\n"))).unwrap();
    fs::copy(checkout().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    for file in ["main.rs", "app.rs", "sinks.rs"] {
        fs::copy(example.join("src").join(file), folder.path().join("src").join(file)).unwrap();
    }
    folder
}

/// A line of the manifest without what it takes from the workspace.
fn own(line: &str) -> String {
    match line {
        "edition.workspace = true" => "edition = \"2024\"".to_owned(),
        "version.workspace = true" => "version = \"0.0.0\"".to_owned(),
        line if line.starts_with("vimage = { ") => {
            format!("vimage = {{ path = {:?} }}", checkout().join("vimage-runtime"))
        }
        line if line.contains("workspace") || line == "[lints]" => String::new(),
        line => line.to_owned(),
    }
}

fn prints(folder: &TempDir, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder.path()).env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("ported"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_instance_has_its_own_logger() {
    let folder = copy();
    let cargo = env!("CARGO");
    let plain = ["run", "--quiet"];
    let instances = ["run", "--quiet", "--features", "vimage"];

    let from_the_registry = prints(&folder, cargo, &plain);
    insta::assert_snapshot!(from_the_registry);
    for facade in ["log", "tracing-core", "metrics"] {
        prints(&folder, env!("CARGO_BIN_EXE_cargo-vimage"), &["vendor", facade]);
    }
    assert_eq!(prints(&folder, cargo, &plain), from_the_registry, "without instances nothing changes");
    insta::assert_snapshot!("apart", prints(&folder, cargo, &instances));
}
