//! Whole modules, in every build, against plain Rust.
//!
//! A plain module is run once per process; `RUNS` processes make different calls of it. Then the same must happen
//!
//! - in the default build and in `static-struct`, and in the base instance of the `vimage` build: a process per run;
//! - in as many instances of one process of the `vimage` build, whose calls are interleaved.
//!
//! In async functions the plain module is the twin of `text::twin`: a module that holds a borrow across an `.await` is
//! left out, and any other one has to compile.

mod generate;
mod uses;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::build::{Compiler, Form};
use crate::{limited, text};

/// Runs, and so instances.
const RUNS: u64 = 3;
/// Calls of each module, of all runs together.
const CALLS: u64 = 24;

const FORMS: [Form; 4] = [Form::Twin, Form::Default, Form::StaticStruct, Form::Instances];

/// What became of some modules.
#[derive(Debug, Default)]
pub struct Report {
    /// Modules that are valid in plain Rust.
    pub generated: usize,
    /// What is generated and is no Rust: the fault of the generator.
    pub invalid: Vec<String>,
    /// Modules that hold a borrow across an `.await`, which the twin finds: nothing else is done with them.
    pub rejected: usize,
    /// Lines that were compared, of one form.
    pub lines: usize,
    /// What must not be: a text for each module.
    pub wrong: Vec<String>,
}

impl Report {
    /// Counts another one in.
    pub fn add(&mut self, other: Self) {
        self.generated += other.generated;
        self.lines += other.lines;
        self.rejected += other.rejected;
        self.invalid.extend(other.invalid);
        self.wrong.extend(other.wrong);
    }
}

struct Module {
    name: String,
    text: String,
}

/// Generates `count` modules, and compiles and runs them.
///
/// # Errors
///
/// What keeps the whole batch from being compiled or run.
pub fn batch(compiler: &Compiler, seed: u64, count: usize, edition: u16) -> Result<Report, String> {
    let name = |nth: usize| format!("m{nth}");
    let seed_of = |nth: usize| seed.wrapping_mul(1_000_003).wrapping_add(nth as u64);
    let mut modules: Vec<Module> =
        (0..count).map(|nth| Module { name: name(nth), text: generate::module(&name(nth), seed_of(nth)) }).collect();
    let mut report = Report::default();
    let mut printed = Vec::new();
    for form in FORMS {
        let executable = compiler.folder().join(format!("modules_{}_{edition}_{}", form.name(), std::process::id()));
        for (name, error) in compile(compiler, &mut modules, form, edition, &executable)? {
            let text = format!("edition {edition}, {name}, seed {seed}, {}: {error}", form.name());
            match form {
                Form::Twin if error.contains("cannot borrow `owner` as mutable") => report.rejected += 1,
                Form::Twin => report.invalid.push(text),
                _ => report.wrong.push(text),
            }
        }
        let mut output = HashMap::new();
        for run in 0..RUNS {
            output.extend(execute(&executable, &run.to_string())?);
        }
        printed.push((form.name(), output));
        if form == Form::Instances {
            printed.push(("all instances", execute(&executable, "all")?));
        }
        std::fs::remove_file(&executable).map_err(|error| error.to_string())?;
    }
    report.generated = modules.len();
    for module in &modules {
        compare(module, &printed, &mut report);
    }
    Ok(report)
}

/// Compares each form with the plain one. Instances end, and all others stay: what is recorded then is left out.
fn compare(module: &Module, printed: &[(&str, HashMap<String, String>)], report: &mut Report) {
    let of = |output: &HashMap<String, String>, run: u64, ends: bool| {
        let text = output.get(&format!("{} {run}", module.name)).cloned().unwrap_or_default();
        let lines = text.lines().filter(|line| ends || !line.starts_with("  ends "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let [(_, twin), others @ ..] = printed else { return };
    for run in 0..RUNS {
        report.lines += of(twin, run, true).lines().count();
        for (form, output) in others {
            let ends = *form == "all instances";
            let (expected, found) = (of(twin, run, ends), of(output, run, ends));
            if expected != found {
                let Module { name, text } = module;
                let source = source(text, Form::Instances);
                let wrong =
                    format!("{name}, run {run}: {form} differs\n--- plain\n{expected}\n--- {form}\n{found}\n{source}");
                report.wrong.push(wrong);
                return;
            }
        }
    }
}

/// Compiles the modules, and takes out those that rustc rejects: their names, and what it said.
fn compile(
    compiler: &Compiler,
    modules: &mut Vec<Module>,
    form: Form,
    edition: u16,
    executable: &Path,
) -> Result<Vec<(String, String)>, String> {
    let path = executable.with_extension("rs");
    let mut rejected = Vec::new();
    loop {
        let (text, starts) = file(modules, form);
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
        let errors = compiler.compile(&path, executable, form, edition)?;
        if errors.is_empty() {
            return Ok(rejected);
        }
        let before = rejected.len();
        for (lines, message) in errors {
            let module = |line: &u64| modules.get(starts.partition_point(|start| start <= line).checked_sub(1)?);
            let Some(module) = lines.iter().find_map(module) else {
                return Err(format!("rustc rejects what is not generated: {message}"));
            };
            if rejected.iter().all(|(name, _)| *name != module.name) {
                rejected.push((module.name.clone(), message));
            }
        }
        modules.retain(|module| rejected.iter().all(|(name, _)| *name != module.name));
        if rejected.len() == before {
            return Err("rustc rejects the same again".to_owned());
        }
    }
}

/// What each module printed in each run.
fn execute(executable: &Path, run: &str) -> Result<HashMap<String, String>, String> {
    let printed = limited::run(executable, &[run])?;
    let parts = printed.split('#').skip(1).map(|part| part.split_once('\n').unwrap_or((part, "")));
    Ok(parts.filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

/// The text of a module, with the marks of `generate` replaced.
fn source(text: &str, form: Form) -> String {
    let is_twin = form == Form::Twin;
    let declared = |rest: &str| match is_twin {
        true => format!("{rest} V_"),
        false => format!("#[virtualized] {rest} "),
    };
    let mut parts = text.split('\u{10}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (name, declaration) in parts.filter_map(|part| part.split_once('\u{11}')) {
        match (is_twin, declaration.strip_prefix('@')) {
            (false, Some(declaration)) => {
                let _ = write!(text, "#[virtualized(sysctl(\"{name}\", rw))] {declaration}");
            }
            _ => text += declaration,
        }
    }
    let mut text = text.replace("#[shared] ", if is_twin { "" } else { "#[shared] " });
    for rest in ["pub static mut", "pub static", "static mut", "static"] {
        text = text.replace(&format!("@{rest} "), &declared(rest));
    }
    text = text.replace("@thread_local! { static ", &declared("thread_local! { static"));
    for hook in ["attach", "detach"] {
        let attribute = if is_twin { "pub ".to_owned() } else { format!("#[{hook}] ") };
        text = text.replace(&format!("@[{hook}] "), &attribute);
    }
    if is_twin { text::twin(&text) } else { text::source(&text) }
}

/// A crate with all modules, and the line at which each starts.
fn file(modules: &[Module], form: Form) -> (String, Vec<u64>) {
    let is_twin = form == Form::Twin;
    let thread = if is_twin { "use std::thread;" } else { "use vimage::{prelude::*, thread};" };
    let world = include_str!("world.rs");
    let instances = if is_twin { [text::TWIN, PLAIN].concat() } else { NAMED.to_owned() };
    let mut text = format!("#![allow(warnings)]\nmod world {{ {world} {instances} }}\n");
    let mut starts = Vec::new();
    let [mut begin, mut end, mut calls, mut register] = [const { String::new() }; 4];
    for Module { name, text: items } in modules {
        starts.push(text.matches('\n').count() as u64 + 1);
        // Of two classes, and registered at run time.
        let attribute = match name.chars().last() {
            _ if is_twin => "",
            Some('6') => "#[vimage::module(register = \"manual\")]",
            Some('3') => "#[vimage::vnet_module(register = \"manual\")]",
            Some('0' | '2' | '4' | '8') => "#[vimage::module]",
            _ => "#[vimage::vnet_module]",
        };
        if name.ends_with(['3', '6']) {
            let _ = write!(register, "vimage::module::register(\"{name}\").unwrap();");
        }
        let _ = write!(
            text,
            "{attribute} pub mod {name} {{
use crate::world::*;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{{AtomicU64, Ordering::Relaxed}};
use std::sync::{{LazyLock, Mutex, OnceLock, RwLock}};
{thread}
{} }}\n",
            source(items, form)
        );
        let _ = write!(begin, "attached(\"{name}\", {name}::attach);");
        let _ = write!(end, "{name}::detach();");
        let _ = write!(calls, "(\"{name}\", {name}::call, {name}::state),");
    }
    starts.push(text.matches('\n').count() as u64 + 1);
    let (base, all) = match form {
        // The hooks are called in the order in which instances call them.
        Form::Twin => (format!("{begin} sequence(run, here); {}", reversed(&end)), ""),
        Form::Instances => ("boot().enter(|| sequence(run, here));".to_owned(), ALL),
        _ => ("boot().enter(|| sequence(run, here));".to_owned(), ""),
    };
    let boot = format!(
        "fn boot() -> vimage::Vimage {{
    let base = vimage::boot().unwrap();
    {register}
    world::BOOTED.store(true, world::Relaxed);
    base
}}"
    );
    let boot = if is_twin { "" } else { &boot };
    let names: Vec<String> = modules.iter().map(|module| format!("\"{}\"", module.name)).collect();
    let names = names.join(", ");
    let _ = write!(
        text,
        "type Called = (&'static str, fn(u64, u64) -> u64, fn() -> String);
const MODULES: &[Called] = &[{calls}];
{MAIN}
{boot}
fn one(run: u64) {{ {base} }}
fn main() {{
    let argument = std::env::args().nth(1).unwrap();
    match argument.parse::<u64>() {{
        Ok(run) => {{ world::switch(run); one(run) }}
        Err(_) => {{ {all} }}
    }}
    world::print(&[{names}], {RUNS});
}}
const RUNS: u64 = {RUNS};
const CALLS: u64 = {CALLS};
"
    );
    (text, starts)
}

fn reversed(statements: &str) -> String {
    let mut statements: Vec<&str> = statements.split_inclusive(';').collect();
    statements.reverse();
    statements.concat()
}

/// What plain modules have in place of sysctls and of bound closures.
const PLAIN: &str = "
pub fn named(read: impl Fn() -> u64, _: &str) -> u64 { read() }
pub fn set_named(set: impl Fn(u64), _: &str, n: u64) { set(n) }
pub fn bound(f: impl FnOnce() + Send + 'static) -> impl FnOnce() + Send + 'static { f }
";

/// Not by name while a thread that boots may wait for the one that asks.
const NAMED: &str = "
pub fn named(read: impl Fn() -> u64, name: &str) -> u64 {
    if BOOTED.load(Relaxed) { vimage::sysctl::get_as(name).unwrap() } else { read() }
}
pub fn set_named(set: impl Fn(u64), name: &str, n: u64) {
    if BOOTED.load(Relaxed) { vimage::sysctl::set(name, n).unwrap() } else { set(n) }
}
pub fn bound(f: impl FnOnce() + Send + 'static) -> impl FnOnce() + Send + 'static { vimage::Contexts::current().bind(f) }
";

/// What calls the modules. Each call is of one run; a process that has one run leaves out the others'.
const MAIN: &str = "
fn attached(name: &str, hook: fn()) { hook() }
fn here(_: u64, call: &mut dyn FnMut()) { call() }
fn sequence(only: u64, enter: impl Fn(u64, &mut dyn FnMut())) {
    world::CALLING.store(true, world::Relaxed);
    for call in 0..CALLS {
        for (name, function, state) in MODULES {
            let mixed = world::mix(call, name[1..].parse().unwrap());
            let run = mixed % RUNS;
            if only != u64::MAX && only != run { continue; }
            world::switch(run);
            enter(run, &mut || {
                let result = std::panic::catch_unwind(|| function(mixed / RUNS % 64, mixed / 1000 % 50));
                world::record(name, format_args!(\"call {call}: {:?}\", result.ok()));
                if call + RUNS >= CALLS { world::record(name, state()); }
            });
            world::run_later();
        }
    }
    world::CALLING.store(false, world::Relaxed);
}
";

/// All runs in one process, each in an instance of its own. Every third call comes from inside of another instance.
const ALL: &str = "
world::switch(u64::MAX);
boot();
let instances: Vec<vimage::Vimage> = (0..RUNS).map(|run| { world::switch(run); vimage::Vimage::new().unwrap() }).collect();
sequence(u64::MAX, |run, call| match world::mix(run, 5) % 3 {
    0 => instances[(run as usize + 1) % instances.len()].enter(|| instances[run as usize].enter(|| call())),
    _ => instances[run as usize].enter(|| call()),
});
for (run, instance) in instances.into_iter().enumerate() { world::switch(run as u64); instance.destroy().unwrap(); }
";
