//! A package of a few lines, in a temporary folder.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The text of a fixture: `//- arguments: …`, `//- edition: …`, `//- dependencies: …`, `//- features: …`, and files
/// behind `//- path`.
pub struct Fixture {
    folder: TempDir,
    arguments: Vec<String>,
}

impl Fixture {
    pub fn new(name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut arguments, mut edition, mut dependencies, mut features) = (Vec::new(), "2024", String::new(), "");
        let mut file = None;
        for line in text.split_inclusive('\n') {
            let Some(head) = line.strip_prefix("//- ") else {
                let path: &PathBuf = file.as_ref().expect("a file in front of its lines");
                fs::write(path, fs::read_to_string(path).unwrap() + line).unwrap();
                continue;
            };
            match head.trim_end().split_once(": ") {
                Some(("arguments", given)) => arguments = given.split_whitespace().map(str::to_owned).collect(),
                Some(("edition", given)) => edition = given,
                Some(("dependencies", given)) => dependencies = given.replace("\" ", "\"\n"),
                Some(("features", given)) => features = given,
                _ => {
                    let path = folder.path().join(head.trim_end());
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, "").unwrap();
                    file = Some(path);
                }
            }
        }
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"{edition}\"\n\n[features]\n{features}\n\n\
             [dependencies]\n{dependencies}\n\n[workspace]\n"
        );
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        // The versions that the workspace has, so that nothing is looked up.
        fs::copy(checkout().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        Self { folder, arguments }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Ports the package with the arguments of the fixture and more; the exit code, and all that is printed.
    pub fn port(&self, more: &[&str]) -> (Option<i32>, String) {
        let vimage = checkout().join("vimage-runtime");
        let mut arguments = vec!["port", "--allow-dirty", "--vimage", vimage.to_str().unwrap()];
        arguments.extend(self.arguments.iter().map(String::as_str));
        arguments.extend(more);
        self.cargo_vimage(&arguments)
    }

    pub fn cargo_vimage(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-vimage"))
            .arg("vimage")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("ported"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let is_progress = |line: &&str| line.starts_with("checking: ");
        (output.status.code(), printed.split_inclusive('\n').filter(|line| !is_progress(line)).collect())
    }

    pub fn git(&self, arguments: &[&str]) {
        assert!(Command::new("git").args(arguments).current_dir(self.folder.path()).status().unwrap().success());
    }

    /// What a port prints, what it changes, and the files afterwards. Ports a second time, which must change nothing.
    pub fn ported(&self) -> String {
        let before = self.sources();
        let (code, printed) = self.port(&[]);
        let after = self.sources();
        let (again, printed_again) = self.port(&[]);
        assert_eq!(again, code, "{printed_again}");
        assert_eq!(self.sources(), after, "a second run changes nothing");
        assert!(printed_again.contains("edits: 0 asked, 0 done"), "{printed_again}");
        let mut text = format!("{printed}exit code: {}\n", code.unwrap());
        for (path, new) in after.iter().filter(|(path, new)| before[*path] != **new) {
            let difference = diffy::create_patch(&before[path], new);
            write!(text, "\n=== difference of {path}\n{difference}\n=== {path}\n{new}").unwrap();
        }
        text
    }

    /// The files with Rust.
    fn sources(&self) -> BTreeMap<String, String> {
        let is_source = |path: &str| path.ends_with(".rs");
        self.all_files().into_iter().filter(|(path, _)| is_source(path)).collect()
    }

    pub fn all_files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        files(self.folder.path(), self.folder.path(), &mut found);
        found
    }
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path.strip_prefix(root).unwrap().display().to_string(), text);
        }
    }
}

/// The folder of the workspace.
fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
