//! `cargo run -p differential -- [programs] [seed]`: many programs, in batches, and as many modules.
//! `cargo run -p differential -- modules [modules] [seed]`: many modules, and no other programs.

use std::path::Path;

use differential::{Compiler, Report, batch, modules};

/// What one crate takes.
const BATCH: usize = 250;
const MODULES: usize = 50;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1).peekable();
    let modules_only = arguments.next_if(|argument| argument == "modules").is_some();
    let mut arguments = arguments.map(|argument| argument.parse::<u64>());
    let mut next = |or| arguments.next().unwrap_or(Ok(or)).map_err(|error| error.to_string());
    let (programs, seed) = (next(10_000)?, next(1)?);
    let compiler = Compiler::new(Path::new("target/differential"))?;
    let functions = if modules_only { Ok(()) } else { many_functions(&compiler, programs, seed) };
    let modules = many_modules(&compiler, programs, seed);
    functions.and(modules)
}

fn many_functions(compiler: &Compiler, programs: u64, seed: u64) -> Result<(), String> {
    let mut report = Report::default();
    for nth in 0..programs.div_ceil(BATCH as u64) {
        let edition = if nth % 2 == 0 { 2021 } else { 2024 };
        let found = batch(compiler, seed.wrapping_add(nth), BATCH, edition)?;
        found.wrong.iter().for_each(|wrong| println!("{wrong}"));
        report.add(found);
        let Report { generated, rejected, same, wrong } = &report;
        println!("{generated} programs: {same} do the same, {rejected} hold a borrow, {} are wrong", wrong.len());
    }
    match report.wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{} programs are wrong", report.wrong.len())),
    }
}

fn many_modules(compiler: &Compiler, count: u64, seed: u64) -> Result<(), String> {
    let mut report = modules::Report::default();
    for nth in 0..count.div_ceil(MODULES as u64) {
        let edition = if nth % 2 == 0 { 2021 } else { 2024 };
        let found = modules::batch(compiler, seed.wrapping_add(nth), MODULES, edition)?;
        found.wrong.iter().chain(&found.invalid).for_each(|text| println!("{text}"));
        report.add(found);
        let modules::Report { generated, invalid, rejected, lines, wrong } = &report;
        let (invalid, wrong) = (invalid.len(), wrong.len());
        println!(
            "{generated} modules, {lines} lines each: {wrong} are wrong; {rejected} more hold a borrow, {invalid} are no Rust"
        );
    }
    match report.wrong.is_empty() && report.invalid.is_empty() {
        true => Ok(()),
        false => Err(format!("{} modules are wrong, {} are no Rust", report.wrong.len(), report.invalid.len())),
    }
}
