//! A package of each kind passes its tests as it is, and its program runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn tool(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-vimage")).args(["vimage", "init"]).args(arguments).output().unwrap()
}

fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("vimage-runtime")
}

fn cargo(folder: &Path, command: &[&str]) -> String {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The dependencies are compiled once for all kinds.
    cargo.args(command).arg("--offline").current_dir(folder);
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("init"));
    let output = cargo.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!text(&output.stderr).contains("warning"), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn packages_of_all_kinds_pass_their_tests() {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    for (kind, printed) in [
        ("tests", None),
        ("tenants", Some("red has 2 orders\nred has 1 orders again\n")),
        ("simulation", Some("1000 hosts agree on 1000 after ")),
        ("plugins", None),
        ("fuzzing", None),
    ] {
        let path = folder.path().join(format!("my-{kind}"));
        // Without `--vimage`: the runtime of this checkout.
        let made = tool(&[path.to_str().unwrap(), "--kind", kind]);
        assert!(made.status.success(), "{made:?}");
        // So that nothing is fetched.
        std::fs::copy(runtime.parent().unwrap().join("Cargo.lock"), path.join("Cargo.lock")).unwrap();
        let (source, template) = [("src/main.rs", "main.rs"), ("src/lib.rs", "lib.rs")]
            .into_iter()
            .find_map(|(file, name)| {
                let template = format!("{}/templates/{kind}/{name}", env!("CARGO_MANIFEST_DIR"));
                Some((std::fs::read_to_string(path.join(file)).ok()?, std::fs::read_to_string(template).ok()?))
            })
            .unwrap();
        assert_eq!(source, template, "the name of the package stands in its manifest only");
        let tested = cargo(&path, &["test"]);
        assert!(
            tested.contains("test result: ok. 1 passed") || tested.contains("test result: ok. 2 passed"),
            "{tested}"
        );
        // Without instances too: nothing fails, and the compiler warns of nothing.
        let plain = cargo(&path, &["test", "--no-default-features"]);
        assert!(plain.contains("test result: ok"), "{plain}");
        if kind == "fuzzing" {
            let described = cargo(&path.join("fuzz"), &["metadata", "--format-version=1", "--no-deps"]);
            assert!(described.contains("fuzz_targets/isolated.rs"), "{described}");
        }
        if let Some(printed) = printed {
            let ran = cargo(&path, &["run"]);
            assert!(ran.contains(printed), "{ran}");
        }
    }
}

#[test]
fn nothing_is_overwritten_and_wrong_arguments_are_told() {
    let runtime = runtime();
    let runtime = runtime.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = |arguments: &[&str]| {
        let output = tool(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let here = folder.path().join("here");
    let here_text = here.to_str().unwrap();
    std::fs::create_dir(&here).unwrap();
    std::fs::write(here.join("notes"), "mine").unwrap();
    assert!(error(&[here_text, "--vimage", runtime]).contains("is not empty; for a package that exists"));
    assert_eq!(std::fs::read_dir(&here).unwrap().count(), 1);
    let number = folder.path().join("1st");
    assert!(error(&[number.to_str().unwrap(), "--vimage", runtime]).contains("`1st` cannot be the name of a package"));
    assert!(error(&[here_text, "--vimage", here_text]).contains("there is no package in"));
    assert!(error(&["new", "--vimage", runtime, "--kind", "cats"]).contains("possible values: tests, tenants"));
}
