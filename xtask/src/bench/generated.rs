//! Generated programs: as many modules, variables and names as a measure needs.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Done, cargo};

/// What a program has. Each variable is an `AtomicU64`.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) modules: usize,
    /// Of each module, which has a function that uses them all.
    pub(super) variables: usize,
    /// Whether each variable can be read and set by name.
    pub(super) sysctl: bool,
    /// Whether each variable can be found by name.
    pub(super) symbol: bool,
    /// Whether each module has an attach and a detach hook, and depends on one in front of it, as in a tree.
    pub(super) hooks: bool,
}

/// The text of a program that boots, prints the time that it took, and calls each module's function.
pub(super) fn program(size: Size) -> String {
    let mut text = String::from("use std::sync::atomic::{AtomicU64, Ordering::Relaxed};\n");
    for module in 0..size.modules {
        let after = match module {
            1.. if size.hooks => format!("(depends_on = crate::m{})", module / 2),
            _ => String::new(),
        };
        let names: Vec<_> = size.sysctl.then(|| format!("sysctl(\"m{module}.v\", rw)")).into_iter().collect();
        let names = names.into_iter().chain(size.symbol.then(|| "symmap".to_owned())).collect::<Vec<_>>().join(", ");
        _ = writeln!(
            text,
            "#[vimage::module{after}]\nmod m{module} {{\n    use vimage::prelude::*;\n    use super::*;"
        );
        for variable in 0..size.variables {
            // The name of a sysctl is unique.
            let names = names.replace(".v\"", &format!(".v{variable}\""));
            let options = if names.is_empty() { String::new() } else { format!("({names})") };
            _ = writeln!(text, "    #[virtualized{options}]\n    static X{variable}: AtomicU64 = AtomicU64::new(1);");
        }
        if size.hooks {
            text.push_str("    #[attach]\n    fn start() {}\n    #[detach]\n    fn stop() {}\n");
        }
        text.push_str(&function(size.variables));
    }
    text.push_str(
        "fn main() -> Result<(), Box<dyn std::error::Error>> {\n    \
         let base = timed(vimage::boot)?;\n    base.enter(|| println!(\"{}\", work()));\n    Ok(())\n}\n\
         /// A function of this name, so that a profiler can be told to count in it only.\n\
         #[unsafe(no_mangle)]\n#[inline(never)]\nfn count_in_here(f: &mut dyn FnMut()) {\n    f();\n}\n\
         fn timed<R>(f: impl Fn() -> R) -> R {\n    let mut result = None;\n    \
         let start = std::time::Instant::now();\n    count_in_here(&mut || result = Some(f()));\n    \
         println!(\"{}\", start.elapsed().as_nanos());\n    result.expect(\"it was called\")\n}\n",
    );
    text.push_str(&work(size.modules));
    text
}

/// The same program with statics.
pub(super) fn plain(size: Size) -> String {
    let mut text = String::from("use std::sync::atomic::{AtomicU64, Ordering::Relaxed};\n");
    for module in 0..size.modules {
        _ = writeln!(text, "mod m{module} {{\n    use super::*;");
        for variable in 0..size.variables {
            _ = writeln!(text, "    static V_X{variable}: AtomicU64 = AtomicU64::new(1);");
        }
        text.push_str(&function(size.variables));
    }
    text.push_str("fn main() {\n    println!(\"{}\", work());\n}\n");
    text.push_str(&work(size.modules));
    text
}

fn function(variables: usize) -> String {
    let changes: String = (0..variables).map(|variable| format!("V_X{variable}.fetch_add(by, Relaxed) + ")).collect();
    format!("    #[inline(never)]\n    pub fn work(by: u64) -> u64 {{\n        {changes}by\n    }}\n}}\n")
}

fn work(modules: usize) -> String {
    let calls: String = (0..modules).map(|module| format!("    sum += m{module}::work(sum);\n")).collect();
    format!("fn work() -> u64 {{\n    let mut sum = 1;\n{calls}    sum\n}}\n")
}

/// A package of generated programs.
pub(super) struct Package {
    folder: PathBuf,
}

impl Package {
    /// Writes the programs, by name. What is stripped has no names of functions.
    pub(super) fn new(name: &str, strip: bool, programs: &[(String, String)]) -> Result<Self, String> {
        let folder = Path::new(&super::target()).join("bench").join(name);
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        let runtime = fs::canonicalize("vimage-runtime").map_err(failed)?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [features]\nlinkme = [\"vimage/linkme\"]\nstatic-struct = [\"vimage/static-struct\"]\n\
             vimage = [\"vimage/vimage\"]\n\n\
             [dependencies]\nvimage = {{ path = {runtime:?}, default-features = false }}\n\n\
             [profile.release]\nstrip = {strip}\n"
        );
        let write = || {
            if folder.join("src").exists() {
                fs::remove_dir_all(folder.join("src"))?;
            }
            fs::create_dir_all(folder.join("src/bin"))?;
            fs::write(folder.join("Cargo.toml"), manifest)?;
            fs::copy("Cargo.lock", folder.join("Cargo.lock"))?;
            programs.iter().try_for_each(|(name, text)| fs::write(folder.join(format!("src/bin/{name}.rs")), text))
        };
        write().map_err(failed)?;
        Ok(Self { folder })
    }

    /// Builds the programs with the release defaults, with features of the runtime.
    pub(super) fn build(&self, features: &str) -> Done {
        let (manifest, target) = (self.folder.join("Cargo.toml"), self.folder.join("target"));
        let [manifest, target] = [manifest, target].map(|path| path.display().to_string());
        let arguments = ["build", "--quiet", "--release", "--manifest-path", &manifest, "--target-dir", &target];
        cargo(&format!("generated programs, {features}"), &[&arguments[..], &["--features", features]].concat(), &[])
    }

    /// The path of a program that was built.
    pub(super) fn built(&self, program: &str) -> PathBuf {
        self.folder.join("target/release").join(program)
    }
}
