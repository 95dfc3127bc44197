//! A program that checks itself, linked in many ways.
//!
//! Each cell of the table has to be what the row says: it works, or the runtime says what is wrong.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::limited::{Ended, limited};
use crate::step::Done;

const BACKENDS: [&str; 2] = ["linkme", "inventory"];
const WORKSPACE: &str = "tests/linking";
const TARGET: &str = "target/linking";

/// What is linked, and how.
struct Row {
    name: &'static str,
    shape: Shape,
    /// Options of cargo, for everything that is compiled.
    cargo: &'static [&'static str],
    /// Options of rustc, or of the C compiler if the shape has one, for the last step.
    last: &'static [&'static str],
    /// A program without which the row is left out.
    needs: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Program,
    /// A C program with the library in it.
    Static,
    /// The same, where the linker takes only those objects of the archive that something refers to.
    StaticIfUsed,
    /// A C program that is linked with the library.
    Dynamic,
    /// A C program that loads the library.
    Loaded,
    /// A C program that loads it twice, each time with a runtime of its own.
    LoadedTwice,
}

const fn row(name: &'static str, shape: Shape, cargo: &'static [&'static str], last: &'static [&'static str]) -> Row {
    Row { name, shape, cargo, last, needs: None }
}

const fn linker(name: &'static str, last: &'static [&'static str], needs: &'static str) -> Row {
    Row { name, shape: Shape::Program, cargo: &[], last, needs: Some(needs) }
}

/// What makes a program as small as it gets.
const SMALL: [&str; 11] = [
    "--release",
    "--config",
    "profile.release.opt-level='z'",
    "--config",
    "profile.release.codegen-units=1",
    "--config",
    "profile.release.lto='fat'",
    "--config",
    "profile.release.panic='abort'",
    "--config",
    "profile.release.strip=true",
];
const RELEASE: [&str; 1] = ["--release"];

/// Rows with the same options of cargo are beside each other, so that little is compiled again.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("program, debug", Shape::Program, &[], &[]),
    row("program, release", Shape::Program, &RELEASE, &[]),
    row("lld (rustc's own), start-stop-gc", Shape::Program, &RELEASE, &["-Clink-arg=-Wl,-z,start-stop-gc"]),
    linker("bfd", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=bfd"], "ld.bfd"),
    linker("bfd, start-stop-gc", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=bfd", "-Clink-arg=-Wl,-z,start-stop-gc"], "ld.bfd"),
    linker("gold", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=gold"], "ld.gold"),
    linker("mold", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=mold"], "mold"),
    linker("mold, start-stop-gc", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=mold", "-Clink-arg=-Wl,-z,start-stop-gc"], "mold"),
    linker("mold, fixed addresses", &["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=mold", "-Crelocation-model=static"], "mold"),
    row("sections never collected", Shape::Program, &RELEASE, &["-Clink-dead-code"]),
    row("prefer-dynamic", Shape::Program, &RELEASE, &["-Cprefer-dynamic"]),
    row("strip", Shape::Program, &RELEASE, &["-Cstrip=symbols"]),
    row("fixed addresses", Shape::Program, &RELEASE, &["-Crelocation-model=static"]),
    row("static libc", Shape::Program, &RELEASE, &["-Ctarget-feature=+crt-static"]),
    row("lto = thin", Shape::Program, &["--release", "--config", "profile.release.lto='thin'"], &[]),
    row("lto = fat", Shape::Program, &["--release", "--config", "profile.release.lto='fat'"], &[]),
    row("lto = off", Shape::Program, &["--release", "--config", "profile.release.lto='off'"], &[]),
    row("panic = abort", Shape::Program, &["--release", "--config", "profile.release.panic='abort'"], &[]),
    row("opt-level = z, codegen-units = 1, fat, abort, strip", Shape::Program, &SMALL, &[]),
    row("staticlib in C, debug", Shape::Static, &[], &[]),
    row("staticlib in C, debug, as archives are", Shape::StaticIfUsed, &[], &[]),
    row("cdylib in C, debug", Shape::Dynamic, &[], &[]),
    row("staticlib in C", Shape::Static, &RELEASE, &["-Wl,--gc-sections"]),
    row("staticlib in C, start-stop-gc", Shape::Static, &RELEASE, &["-Wl,--gc-sections,-z,start-stop-gc"]),
    row("staticlib in C, as archives are", Shape::StaticIfUsed, &RELEASE, &["-Wl,--gc-sections"]),
    Row { name: "staticlib in C, mold, as archives are", shape: Shape::StaticIfUsed, cargo: &RELEASE,
        last: &["-fuse-ld=mold", "-Wl,--gc-sections,-z,start-stop-gc"], needs: Some("mold") },
    row("cdylib in C", Shape::Dynamic, &RELEASE, &[]),
    row("cdylib, dlopen", Shape::Loaded, &RELEASE, &[]),
    row("two cdylibs, dlopen, global symbols", Shape::LoadedTwice, &RELEASE, &[]),
];

/// Fills the table; an error if a cell is wrong.
pub(super) fn linking() -> Done {
    let host = super::outside::host()?;
    let mut table = format!("| | {} |\n|---|---|---|\n", BACKENDS.join(" | "));
    let mut wrong = String::new();
    for row in ROWS {
        let mut cells = Vec::new();
        for backend in BACKENDS {
            let cell = match row.needs {
                Some(program) if !is_installed(program) => format!("skipped: {program} is not installed"),
                _ => match cell(row, backend, &host) {
                    Ok(saw) => saw,
                    Err(error) => {
                        _ = writeln!(wrong, "linking: {}, {backend}: {error}", row.name);
                        "WRONG".to_owned()
                    }
                },
            };
            println!("{}, {backend}: {cell}", row.name);
            cells.push(cell);
        }
        _ = writeln!(table, "| {} | {} |", row.name, cells.join(" | "));
    }
    match two_versions() {
        Ok(()) => table += "| two versions of vimage in one program | cargo refuses | cargo refuses |\n",
        Err(error) => _ = writeln!(wrong, "linking: {error}"),
    }
    println!("\n{table}");
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Builds and runs; the last line that the program printed.
fn cell(row: &Row, backend: &str, host: &str) -> Result<String, String> {
    let package = if row.shape == Shape::Program { "program" } else { "library" };
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.current_dir(WORKSPACE).env("CARGO_TARGET_DIR", target()?);
    // With a target, because options are not for macros.
    cargo.args([if row.shape == Shape::Program { "rustc" } else { "build" }, "--quiet", "--target", host]);
    cargo.args(["-p", package, "--features", &format!("{backend},vimage")]).args(row.cargo);
    if row.shape == Shape::Program {
        cargo.arg("--").args(row.last);
    }
    limited(&mut cargo)?.success()?;

    let profile = if row.cargo.contains(&"--release") { "release" } else { "debug" };
    let built = target()?.join(host).join(profile);
    let mut program =
        if row.shape == Shape::Program { Command::new(built.join("program")) } else { in_c(row, &built)? };
    let ended = limited(program.env("LD_LIBRARY_PATH", library_path(&built)?))?;
    says(row.shape, &ended)
}

fn target() -> Result<PathBuf, String> {
    std::path::absolute(TARGET).map_err(|error| error.to_string())
}

/// Where the library is, and the std of `prefer-dynamic`.
fn library_path(built: &Path) -> Result<String, String> {
    let printed = limited(Command::new("rustc").args(["--print", "target-libdir"]))?;
    Ok(format!("{}:{}", built.display(), printed.success()?.trim()))
}

/// Compiles the C program of a shape; returns the command that runs it.
fn in_c(row: &Row, built: &Path) -> Result<Command, String> {
    let (source, loads) = match row.shape {
        Shape::Loaded | Shape::LoadedTwice => ("load", true),
        _ => ("main", false),
    };
    let program = built.join(format!("c_{source}"));
    let mut cc = Command::new("cc");
    cc.arg(Path::new(WORKSPACE).join("c").join(source).with_extension("c")).arg("-o").arg(&program).args(row.last);
    match row.shape {
        Shape::Static => cc.arg("-Wl,--whole-archive").arg(built.join("liblinking.a")).arg("-Wl,--no-whole-archive"),
        Shape::StaticIfUsed => cc.arg(built.join("liblinking.a")),
        Shape::Dynamic => cc.arg("-L").arg(built).arg("-llinking"),
        _ => &mut cc,
    };
    limited(cc.args(["-lpthread", "-ldl", "-lm"]))?.success()?;
    let mut run = Command::new(program);
    if loads {
        run.arg(built.join("liblinking.so"));
    }
    if row.shape == Shape::LoadedTwice {
        // A copy, because the loader knows a file again.
        let copy = built.join("libcopy.so");
        std::fs::copy(built.join("liblinking.so"), &copy).map_err(|error| error.to_string())?;
        run.arg(copy);
    }
    if row.shape == Shape::StaticIfUsed {
        run.env("LINKING_IF_USED", "1");
    }
    Ok(run)
}

/// All of the libraries work, or the runtime has said in its words what is wrong.
fn says(shape: Shape, ended: &Ended) -> Result<String, String> {
    let printed = ended.printed.trim();
    let lines: Vec<&str> = printed.lines().collect();
    let count = if shape == Shape::LoadedTwice { 2 } else { 1 };
    let works = ended.succeeded && lines.len() == count && lines.iter().all(|line| line.starts_with("works: "));
    let detected = !ended.succeeded && lines.iter().all(|line| line.starts_with("detected: ")) && !lines.is_empty();
    if works || detected { Ok(lines.last().copied().unwrap_or_default().to_owned()) } else { Err(printed.to_owned()) }
}

/// Cargo must refuse a second version in one program.
fn two_versions() -> Done {
    let folder = target()?.join("versions");
    let other = folder.join("other");
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        std::fs::write(path, text)
    };
    let ours = std::path::absolute("vimage-runtime").map_err(|error| error.to_string())?;
    let user = format!(
        "[workspace]\n[package]\nname = 'user'\nversion = '0.0.0'\nedition = '2024'\n[dependencies]\n\
         one = {{ package = 'vimage', path = '{}' }}\nother = {{ package = 'vimage', path = 'other' }}\n",
        ours.display(),
    );
    let package =
        "[package]\nname = 'vimage'\nversion = '99.0.0'\nedition = '2024'\nlinks = 'vimage'\nbuild = 'src/lib.rs'\n";
    [(folder.join("Cargo.toml"), &*user), (folder.join("src/lib.rs"), ""), (other.join("Cargo.toml"), package)]
        .into_iter()
        .chain([(other.join("src/lib.rs"), "")])
        .try_for_each(|(path, text)| write(path, text))
        .map_err(|error| format!("two versions: {error}"))?;
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    let ended = limited(cargo.args(["metadata", "--offline", "--format-version=1"]).current_dir(&folder))?;
    let refused = !ended.succeeded && ended.printed.contains("links to the native library `vimage`");
    if refused { Ok(()) } else { Err(format!("two versions: cargo does not refuse them:\n{}", ended.printed)) }
}
