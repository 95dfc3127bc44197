//! The machine code of functions on variables, beside that of the same functions on statics.
//!
//! `tests/codegen` has each function in both forms. In the default build both are the same, instruction for
//! instruction. In the build with instances the bodies of loops are the same.

mod assembly;

use std::collections::BTreeMap;
use std::fs;

use self::assembly::Function;
use crate::builds::INSTANCES;
use crate::step::{Done, cargo};

const DEFAULT: &str = "linkme";
/// The functions with a loop in which a variable is used.
const LOOPS: [&str; 2] = ["in_a_loop", "in_a_loop_with_calls"];

/// The functions of both modules, by name.
type Functions = BTreeMap<String, Function>;

pub(crate) fn codegen() -> Done {
    if !cfg!(target_arch = "x86_64") {
        println!("codegen: skipped, this reads the assembly of x86-64");
        return Ok(());
    }
    let [default, instances] = [assembly("default", DEFAULT)?, assembly("vimage", INSTANCES)?];
    let (plain, ours) = both(&default)?;
    let other = plain.iter().filter(|(name, plain)| ours[*name].instructions() != plain.instructions());
    let mut complaints: Vec<String> =
        other.map(|(name, plain)| differ(name, &plain.instructions(), &ours[name].instructions())).collect();
    println!("codegen: {} functions of the default build compared", plain.len());
    let (plain, ours) = both(&instances)?;
    for name in LOOPS {
        let (loops, found) = (plain[name].loops(), ours[name].loops());
        if loops.is_empty() {
            return Err(format!("codegen: `{name}` has no loop"));
        }
        let missing = loops.iter().filter(|body| !found.contains(body));
        complaints.extend(missing.map(|body| differ(name, body, &found.concat())));
        println!("codegen: {} loops of `{name}` found in the vimage build", loops.len());
    }
    if complaints.is_empty() { Ok(()) } else { Err(format!("codegen: {}", complaints.join("\n"))) }
}

/// What rustc makes of `tests/codegen`.
fn assembly(build: &str, features: &str) -> Result<String, String> {
    let folder = std::path::absolute(super::bench::target()).map_err(|error| format!("codegen: {error}"))?;
    let file = folder.join(format!("codegen-{build}.s"));
    let emit = format!("asm={}", file.display());
    let package = ["rustc", "--release", "-p", "codegen", "--lib", "--no-default-features", "--features", features];
    // One unit, so that all functions are in one file.
    let rustc = ["--", "-C", "codegen-units=1", "-C", "symbol-mangling-version=v0"];
    let syntax = ["-C", "llvm-args=-x86-asm-syntax=intel", "--emit", &emit];
    if !file.exists() {
        // cargo does not know of the file, and would not run rustc again to have it made.
        cargo("clean codegen", &["clean", "--quiet", "--release", "-p", "codegen"], &[])?;
    }
    cargo(&format!("assembly, {build}"), &[&package[..], &rustc, &syntax].concat(), &[])?;
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}

fn both(assembly: &str) -> Result<(Functions, Functions), String> {
    let [plain, ours] = ["plain", "ours"].map(|module| assembly::functions(assembly, module));
    let same = !plain.is_empty() && plain.keys().eq(ours.keys()) && LOOPS.iter().all(|name| plain.contains_key(*name));
    if same { Ok((plain, ours)) } else { Err("codegen: the functions of both modules are not the same".to_owned()) }
}

fn differ(name: &str, plain: &[String], ours: &[String]) -> String {
    let [plain, ours] = [plain, ours].map(|lines| lines.iter().map(|line| format!("    {line}\n")).collect::<String>());
    format!("`{name}` is not what it is with a static.\n  with a static:\n{plain}  with a variable:\n{ours}")
}
