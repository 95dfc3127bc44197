//! `cargo run -p differential -- [programs] [seed]`: many programs, in batches.

use std::path::Path;

use differential::{Compiler, Report, batch};

/// What one crate takes.
const BATCH: usize = 250;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let mut next = |or| arguments.next().unwrap_or(Ok(or)).map_err(|error| error.to_string());
    let (programs, seed) = (next(10_000)?, next(1)?);
    let compiler = Compiler::new(Path::new("target/differential"))?;
    let mut report = Report::default();
    for nth in 0..programs.div_ceil(BATCH as u64) {
        let edition = if nth % 2 == 0 { 2021 } else { 2024 };
        let found = batch(&compiler, seed.wrapping_add(nth), BATCH, edition)?;
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
