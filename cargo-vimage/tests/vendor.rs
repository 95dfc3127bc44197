//! `cargo vimage vendor` in a workspace with a registry's crates, all of which the lock file of this one knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = format!(
            "[package]\nname = \"user\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             itoa = \"1\"\nlibc = \"0.2\"\nlog = {{ version = \"0.4\", features = [\"std\"] }}\npin-project-lite = \"0.2\"\n\
             serde_derive = \"1\"\nvimage = {{ path = {:?}, features = [\"vimage\"] }}\n\n\
             [build-dependencies]\nautocfg = \"1\"\n\n[workspace]\n",
            checkout.join("vimage-runtime")
        );
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.path().join("src/main.rs"), include_str!("vendor/apart.rs")).unwrap();
        fs::copy(checkout.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn vendor(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let arguments = [&["vimage", "vendor"], arguments].concat();
        self.run(Command::new(env!("CARGO_BIN_EXE_cargo-vimage")).args(arguments))
    }

    fn run(&self, command: &mut Command) -> (Option<i32>, String) {
        command.current_dir(self.0.path()).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("ported"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    fn runs(&self) -> bool {
        let (code, printed) = self.run(Command::new(env!("CARGO")).args(["run", "--quiet"]));
        assert!(code == Some(0) || printed.contains("SetLoggerError"), "{printed}");
        code == Some(0)
    }
}

#[test]
fn a_dependency_is_ported_and_taken_back() {
    let workspace = Workspace::new();
    let manifest = workspace.read("Cargo.toml");
    assert!(!workspace.runs(), "both instances set the logger of the process");

    let (code, printed) = workspace.vendor(&["log"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("src/lib.rs:LOGGER: virtualized"), "{printed}");
    let record = workspace.read("vimage-vendor.toml");
    assert!(record.contains("checksum = ") && record.contains("recipe = \"shipped\""), "{record}");
    let folder = record.split("folder = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(workspace.read("Cargo.toml").contains(&format!("[patch.crates-io]\nlog = {{ path = \"{folder}\" }}")));
    assert!(!workspace.path(folder).join("Cargo.lock").exists());
    let copy = workspace.read(&format!("{folder}/Cargo.toml"));
    assert!(copy.contains("dev-dependencies") && copy.contains("vimage = { path = "), "{copy}");
    assert!(workspace.runs(), "each instance has a logger");

    let (code, printed) = workspace.vendor(&["--list"]);
    assert!(code == Some(0) && printed.contains("4 statics, recipe shipped"), "{printed}");
    let (code, printed) = workspace.vendor(&["log"]);
    assert!(code == Some(2) && printed.contains("patched already"), "{code:?} {printed}");

    // The recorded statics are no longer those of the crate.
    fs::write(workspace.path("vimage-vendor.toml"), record.replace("LOGGER: virtualized", "GONE: virtualized"))
        .unwrap();
    let (code, printed) = workspace.vendor(&["log", "--update"]);
    assert!(code == Some(1) && printed.contains("src/lib.rs:GONE"), "{code:?} {printed}");
    assert!(workspace.path(folder).join("src/lib.rs").exists(), "the old copy stays");
    fs::write(workspace.path("vimage-vendor.toml"), &record).unwrap();
    let (code, printed) = workspace.vendor(&["log", "--update"]);
    assert_eq!(code, Some(0), "{printed}");

    let (code, printed) = workspace.vendor(&["log", "--remove"]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(workspace.read("Cargo.toml"), manifest);
    assert!(!workspace.path("vimage-vendor").exists() && !workspace.path("vimage-vendor.toml").exists());
}

#[test]
fn what_cannot_be_ported_is_refused_with_the_reason() {
    let workspace = Workspace::new();
    let manifest = workspace.read("Cargo.toml");
    for (arguments, code, reason) in [
        (&["itoa"][..], 2, "without one two instances may compile and be wrong"),
        (&["autocfg"], 2, "for build scripts only"),
        (&["serde_derive"], 2, "a proc macro"),
        (&["pin-project-lite"], 2, "vimage → pin-project-lite"),
        (&["user"], 2, "patched already, or in this workspace"),
        (&["none"], 2, "does not depend on `none`"),
        (&["log@0.3.0"], 2, "does not depend on `log`"),
        (&["log", "--remove"], 2, "there is no ported copy of `log`"),
        (&[], 2, "required"),
    ] {
        let (found, printed) = workspace.vendor(arguments);
        assert!(found == Some(code) && printed.contains(reason), "{arguments:?}: {found:?} {printed}");
        assert_eq!(workspace.read("Cargo.toml"), manifest);
    }

    let recipe = workspace.path("recipe.toml");
    let shipped = include_str!("../recipes/log.toml");
    let with = |text: &str| fs::write(&recipe, text).unwrap();
    let vendor = || workspace.vendor(&["log", "--recipe", "recipe.toml"]);
    with(&shipped.replace("lib.rs:NOP", "lib.rs:NONE"));
    let (code, printed) = vendor();
    assert!(code == Some(1) && printed.contains("there is no static `src/lib.rs:NONE`"), "{code:?} {printed}");
    let start = shipped.find("[[static]]\nat = \"src/lib.rs:NOP\"").unwrap();
    let end = shipped.find("[verify]").unwrap();
    with(&format!("{}{}", &shipped[..start], &shipped[end..]));
    let (code, printed) = vendor();
    assert!(code == Some(1) && printed.contains("--static src/lib.rs:NOP"), "{code:?} {printed}");
    with("crate = 3");
    assert_eq!(vendor().0, Some(4));
    assert!(!workspace.path("vimage-vendor").join("log").exists());
    assert_eq!(workspace.read("Cargo.toml"), manifest);
}
