//! The time that rustc takes for a crate with the macros, beside the same crate with statics.
//!
//! The crates are generated into the target folder, each with the lock file of this workspace. cargo compiles what they
//! depend on as it does for a user's crate: the macros are not optimized. Of the crates themselves each run of rustc is
//! measured by itself.

mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proc_macro2::{TokenStream, TokenTree};

use self::source::Size;
use crate::step::Done;

/// Names the file for the CPU time. This program is the wrapper of rustc while it is set.
pub(crate) const CPU_FILE: &str = "XTASK_RUSTC_CPU";

/// The crate with statics, and the builds of the crate with the macros, by the features of the runtime.
const CRATES: [(&str, Option<&str>); 4] = [
    ("plain", None),
    ("default", Some("linkme")),
    ("static-struct", Some("linkme, static-struct")),
    ("vimage", Some("linkme, vimage")),
];
const COMMANDS: [&str; 2] = ["check", "build"];

/// Times each crate so many times, in turn, and prints the least and the middle of the CPU times.
pub(crate) fn time(repeats: &str) -> Done {
    let repeats: usize = repeats.parse().map_err(|_| format!("`{repeats}` is not a number of repeats"))?;
    let crates = generate(Size::TIMED)?;
    let mut times = vec![Vec::new(); crates.len() * COMMANDS.len()];
    for _ in 0..repeats.max(1) {
        let runs = COMMANDS.iter().flat_map(|command| crates.iter().map(move |krate| (command, krate)));
        for (times, (command, krate)) in times.iter_mut().zip(runs) {
            times.push(compile(krate, command)?);
        }
    }
    println!("\nCPU seconds of rustc, the least of {repeats} runs, and the middle one:\n");
    println!(
        "| | {} |\n|---|{}",
        COMMANDS.map(|command| format!("`cargo {command}`")).join(" | "),
        "---|".repeat(COMMANDS.len())
    );
    times.iter_mut().for_each(|times| times.sort_unstable());
    for (index, (name, _)) in CRATES.iter().enumerate() {
        let cell = |command: usize| {
            let of = |index: usize| &times[command * crates.len() + index];
            let (least, plain) = (of(index)[0].as_secs_f64(), of(0)[0].as_secs_f64());
            let middle = of(index)[of(index).len() / 2].as_secs_f64();
            format!("{least:.2}, {middle:.2} ({:.2} ×)", least / plain)
        };
        let cells: Vec<_> = (0..COMMANDS.len()).map(cell).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// Prints the tokens that a static and a function become.
pub(crate) fn print_tokens() -> Done {
    println!("\n| tokens of the expansion | per static | per function |\n|---|---|---|");
    for (name, of_static, of_function) in tokens()? {
        println!("| {name} | {of_static:.1} | {of_function:.1} |");
    }
    Ok(())
}

/// The tokens that rustc has, after all macros are expanded, for a static and for a function of each crate.
pub(crate) fn tokens() -> Result<Vec<(&'static str, f64, f64)>, String> {
    // As many of each kind as it takes for all kinds to be the same in number.
    const FEW: Size = Size { modules: 1, statics: 20, functions: 40 };
    const STATICS: Size = Size { statics: 40, ..FEW };
    const FUNCTIONS: Size = Size { functions: 80, ..FEW };
    let [few, statics, functions] = [FEW, STATICS, FUNCTIONS].map(|size| {
        let count = |krate: &PathBuf| expanded(krate).map(count);
        generate(size)?.iter().map(count).collect::<Result<Vec<usize>, String>>()
    });
    let (few, statics, functions) = (few?, statics?, functions?);
    let per = |more: usize, few: usize, of: usize| (more as f64 - few as f64) / of as f64;
    let of_crate = |(index, (name, _)): (usize, &(&'static str, _))| {
        (*name, per(statics[index], few[index], 20), per(functions[index], few[index], 40))
    };
    Ok(CRATES.iter().enumerate().map(of_crate).collect())
}

fn count(tokens: TokenStream) -> usize {
    let of_tree = |tree| match tree {
        TokenTree::Group(group) => 2 + count(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => 1,
    };
    tokens.into_iter().map(of_tree).sum()
}

/// Writes the crates, and compiles what they depend on. Returns their folders.
fn generate(size: Size) -> Result<Vec<PathBuf>, String> {
    let crates = CRATES.iter().map(|(name, features)| {
        let folder = Path::new("target/compile-time").join(name);
        let manifest = manifest(name, *features)?;
        let write = || {
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("Cargo.toml"), manifest)?;
            fs::copy("Cargo.lock", folder.join("Cargo.lock"))?;
            fs::write(folder.join("src/lib.rs"), source::text(size, features.is_some()))
        };
        write().map_err(|error| format!("{}: {error}", folder.display()))?;
        COMMANDS.iter().try_for_each(|command| run(cargo(&folder, command)).map(drop))?;
        Ok(folder)
    });
    crates.collect()
}

fn manifest(name: &str, features: Option<&str>) -> Result<String, String> {
    let runtime = fs::canonicalize("vimage-runtime").map_err(|error| format!("vimage-runtime: {error}"))?;
    let dependency = features.map(|features| {
        let features = features.split(", ").map(|feature| format!("{feature:?}")).collect::<Vec<_>>().join(", ");
        format!("vimage = {{ path = {runtime:?}, default-features = false, features = [{features}] }}\n")
    });
    let package = format!("[package]\nname = \"timed-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    Ok(format!("{package}\n[workspace]\n\n[dependencies]\n{}", dependency.unwrap_or_default()))
}

fn cargo(folder: &Path, command: &str) -> Command {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.args([command, "--quiet", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    cargo.args(["--target-dir", "target/compile-time/target"]).env("CARGO_INCREMENTAL", "0");
    cargo
}

fn run(mut command: Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| format!("{command:?} did not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?} failed:\n{printed}")) }
}

/// The CPU time of rustc for the crate in `folder`, without what it depends on.
fn compile(folder: &Path, command: &str) -> Result<Duration, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let source = folder.join("src/lib.rs");
    // A file that is newer than what was compiled from it.
    fs::write(&source, fs::read(&source).map_err(failed)?).map_err(failed)?;
    let cpu = std::env::current_dir().map_err(failed)?.join("target/compile-time/cpu");
    let mut cargo = cargo(folder, command);
    cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe().map_err(failed)?).env(CPU_FILE, &cpu);
    _ = fs::remove_file(&cpu);
    run(cargo)?;
    let milliseconds = fs::read_to_string(&cpu).map_err(failed)?.parse().map_err(|error| format!("{error}"))?;
    Ok(Duration::from_millis(milliseconds))
}

/// The text of a crate after all macros are expanded, as tokens.
fn expanded(folder: &Path) -> Result<TokenStream, String> {
    let mut cargo = cargo(folder, "rustc");
    // Only what is not stable can print it.
    cargo.args(["--profile", "check", "--", "-Zunpretty=expanded"]).env("RUSTC_BOOTSTRAP", "1");
    let text = String::from_utf8(run(cargo)?).map_err(|error| format!("{error}"))?;
    text.parse().map_err(|error| format!("{}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_the_same_with_and_without_the_macros() {
        let size = Size { modules: 1, statics: 5, functions: 16 };
        let functions = |virtualized| {
            let text = source::text(size, virtualized);
            text[text.find("pub fn f0(").expect("there is a function")..].to_owned()
        };
        assert_eq!(functions(true), functions(false));
        assert!(!functions(true).contains('$'));
    }

    #[test]
    fn variables_have_the_types_that_functions_use() {
        for virtualized in [true, false] {
            let text = source::text(Size { modules: 1, statics: 20, functions: 40 }, virtualized);
            let used = text.matches(".lock()").count();
            assert_eq!(used, 5);
            for (at, _) in text.match_indices(".lock()") {
                let number: String = text[..at].chars().rev().take_while(char::is_ascii_digit).collect();
                let number: String = number.chars().rev().collect();
                assert!(text.contains(&format!("STATE_{number}: Mutex<Vec<Record>>")), "{number}");
            }
        }
    }

    #[test]
    fn tokens_in_groups_are_counted() {
        assert_eq!(count("fn f() { a + [1, 2] }".parse().expect("it is Rust")), 13);
    }
}
