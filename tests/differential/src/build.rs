//! Programs are compiled together, and one by one left out where rustc has something against them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{limited, text};

#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) waits: bool,
    pub(crate) text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Default,
    StaticStruct,
    Instances,
    Twin,
}

impl Form {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::StaticStruct => "static-struct",
            Self::Instances => "instances",
            Self::Twin => "twin",
        }
    }
}

/// What each program printed, and what rustc said against those that are left out.
#[derive(Default)]
pub(crate) struct Output {
    printed: HashMap<String, String>,
    errors: HashMap<String, String>,
}

impl Output {
    pub(crate) fn get(&self, name: &str) -> Option<&String> {
        self.printed.get(name)
    }

    pub(crate) fn errors(&self, name: &str) -> &str {
        self.errors.get(name).map_or("", String::as_str)
    }
}

/// Where the library is, in each build.
pub struct Compiler {
    folder: PathBuf,
    default: PathBuf,
    static_struct: PathBuf,
    instances: PathBuf,
}

impl Compiler {
    /// Compiles the library below `folder`, in each build.
    ///
    /// # Errors
    ///
    /// What cargo says if it cannot.
    pub fn new(folder: &Path) -> Result<Self, String> {
        let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
        let library = |feature: &str| -> Result<PathBuf, String> {
            let target = folder.join(format!("library{feature}"));
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["build", "--package", "vimage", "--lib", "--message-format=json", "--target-dir"]).arg(target);
            cargo.args(["--features", feature]).env("CARGO_PROFILE_DEV_DEBUG", "0");
            cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
            let output = cargo.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
            let messages = String::from_utf8_lossy(&output.stdout);
            let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let library = messages
                .filter(|message| message["target"]["name"] == "vimage")
                .filter_map(|message| message["filenames"][0].as_str().map(PathBuf::from))
                .find(|file| file.extension().is_some_and(|extension| extension == "rlib"));
            library.ok_or_else(|| "cargo made no library".to_owned())
        };
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let (default, static_struct, instances) = (library("")?, library("static-struct")?, library("vimage")?);
        Ok(Self { folder, default, static_struct, instances })
    }

    /// Where sources and executables are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Compiles programs, of which it takes out those that rustc rejects, and runs the others.
    pub(crate) fn run(&self, programs: &mut Vec<Program>, form: Form, edition: u16) -> Result<Output, String> {
        let mut output = Output::default();
        let name = format!("{}_{edition}_{}", form.name(), std::process::id());
        let source = self.folder.join(format!("{name}.rs"));
        let executable = self.folder.join(name);
        loop {
            let (text, lines) = file(programs, form);
            std::fs::write(&source, text).map_err(|error| error.to_string())?;
            let errors = self.compile(&source, &executable, form, edition)?;
            if errors.is_empty() {
                break;
            }
            let before = programs.len();
            for (at, message) in errors {
                let program = |line: &u64| programs.get(lines.partition_point(|start| start <= line).checked_sub(1)?);
                let Some(program) = at.iter().find_map(program) else {
                    return Err(format!("rustc rejects what is not generated: {message}"));
                };
                output.errors.entry(program.name.clone()).or_insert(message);
            }
            programs.retain(|program| !output.errors.contains_key(&program.name));
            if programs.len() == before {
                return Err("rustc rejects the same again".to_owned());
            }
        }
        for part in limited::run(&executable, &[])?.split('#').skip(1) {
            let (name, printed) = part.split_once('\n').unwrap_or((part, ""));
            output.printed.insert(name.to_owned(), printed.to_owned());
        }
        std::fs::remove_file(&executable).map_err(|error| error.to_string())?;
        Ok(output)
    }

    /// The errors, with the lines that they are about.
    pub(crate) fn compile(
        &self,
        source: &Path,
        executable: &Path,
        form: Form,
        edition: u16,
    ) -> Result<Vec<(Vec<u64>, String)>, String> {
        let library = match form {
            Form::Instances => &self.instances,
            Form::StaticStruct => &self.static_struct,
            Form::Default | Form::Twin => &self.default,
        };
        let dependencies = library.parent().expect("a file is in a folder").join("deps");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.arg(source).arg("-o").arg(executable).args(["--edition", &edition.to_string()]);
        rustc.args(["--error-format=json", "-Coverflow-checks=off", "-Cdebuginfo=0"]);
        rustc.arg("--extern").arg(format!("vimage={}", library.display()));
        rustc.arg("-L").arg(format!("dependency={}", dependencies.display()));
        let output = rustc.output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stderr);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let errors = messages.filter(|message| message["level"] == "error").filter_map(|message| {
            let spans = message["spans"].as_array().filter(|spans| !spans.is_empty())?;
            let lines = spans.iter().filter_map(|span| span["line_start"].as_u64()).collect();
            Some((lines, message["rendered"].as_str().unwrap_or_default().to_owned()))
        });
        let errors: Vec<_> = errors.collect();
        match errors.is_empty() && !output.status.success() {
            true => Err(text.into_owned()),
            false => Ok(errors),
        }
    }
}

/// The text of a crate with all programs, and the line at which each starts.
fn file(programs: &[Program], form: Form) -> (String, Vec<u64>) {
    let world = include_str!("world.rs");
    let mut text = format!("#![allow(warnings, arithmetic_overflow, unconditional_panic)]\nmod world {{ {world} }}\n");
    let is_twin = form == Form::Twin;
    let attribute = if is_twin { "" } else { "#[vimage::module]" };
    let (prefix, mark) = if is_twin { ("V_", "") } else { ("", "#[virtualized]") };
    let _ = write!(
        text,
        "{attribute}
mod programs {{
    use super::world::*;
    use std::fmt::Write as _;
    use vimage::prelude::*;
    {mark} static {prefix}N: Number = Number::new(1);
    {mark} static {prefix}LOCK: Lock = Lock::new();
    {mark} static {prefix}SUMS: Sums = Sums::new();
    {mark} static {prefix}LIST: [Number; 3] = [Number::new(4), Number::new(5), Number::new(6)];
    {mark} static {prefix}POINTER: Pointer = Pointer::new();
    {mark} static {prefix}FIELDS: Fields = Fields {{ a: Number::new(7), b: Inner {{ c: [Number::new(8), Number::new(9)] }} }};
    {mark} static {prefix}LOG: Log = Log;
    {mark} static {prefix}STEP: fn(u64) -> u64 = at;
    {mark} static {prefix}MAX: u64 = 6;
    {twin}
    pub fn reset() {{
        V_N.put(1); V_LOCK.reset(); V_SUMS.reset(); V_POINTER.put(2); V_FIELDS.a.put(7);
        for n in 0..3 {{ V_LIST[n].put(4); }}
        for n in 0..2 {{ V_FIELDS.b.c[n].put(8); }}
    }}
",
        twin = if is_twin { text::TWIN } else { "" }
    );
    let mut lines = Vec::new();
    let mut calls = String::new();
    for Program { name, waits, text: body, .. } in programs {
        lines.push(text.matches('\n').count() as u64 + 1);
        let body = if is_twin { text::twin(body) } else { text::source(body) };
        let (keyword, run) = if *waits { ("async ", "world::block_on") } else { ("", "") };
        let call = format!("std::panic::catch_unwind(|| {run}(programs::{name}()))");
        let _ = writeln!(text, "pub {keyword}fn {name}() -> Option<u64> {body}");
        let _ = writeln!(calls, "println!(\"#{name}\"); programs::reset(); println!(\"{{:?}}\", {call}.ok());");
    }
    lines.push(text.matches('\n').count() as u64 + 1);
    let main = if is_twin { "all()" } else { "vimage::boot().unwrap().enter(all)" };
    let _ = write!(text, "}}\nfn all() {{ {calls} }}\nfn main() {{ {main}; }}\n");
    (text, lines)
}
