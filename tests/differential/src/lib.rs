//! Generated programs, in the default build and in the one with instances.
//!
//! The promise is that the same source means the same in each build, or is a compile error, and that the `vimage` build
//! rejects only what holds a borrow across an `.await`. So there are three forms of each program:
//!
//! - the source in the default build, where it has to compile;
//! - the source in the `vimage` build: what it prints must be the same, if it compiles;
//! - a twin in plain Rust (see `text::twin`), which rustc rejects exactly where a borrow is held across an `.await`. If the
//!   twin compiles, the source has to compile in the `vimage` build.

mod build;
mod generate;
mod limited;
pub mod modules;
mod random;
mod statements;
mod text;

pub use build::Compiler;

use build::{Form, Program};

/// What became of some programs.
#[derive(Debug, Default)]
pub struct Report {
    /// Programs that compile in the default build.
    pub generated: usize,
    /// Of these, programs that the `vimage` build rejects because they hold a borrow across an `.await`.
    pub rejected: usize,
    /// Programs that do the same in both builds.
    pub same: usize,
    /// What must not be: a text for each program.
    pub wrong: Vec<String>,
}

impl Report {
    /// Counts another one in.
    pub fn add(&mut self, other: Self) {
        self.generated += other.generated;
        self.rejected += other.rejected;
        self.same += other.same;
        self.wrong.extend(other.wrong);
    }
}

/// Generates `count` programs, and compiles and runs them.
///
/// # Errors
///
/// What keeps the whole batch from being compiled or run.
pub fn batch(compiler: &Compiler, seed: u64, count: usize, edition: u16) -> Result<Report, String> {
    let programs = (0..count).map(|nth| {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(nth as u64);
        // One in four does not wait.
        let waits = nth % 4 != 3;
        Program { name: format!("p{nth}"), seed, waits, text: generate::body(seed, waits, edition) }
    });
    let mut programs: Vec<Program> = programs.collect();

    let plain = compiler.run(&mut programs, Form::Default, edition)?;
    let mut twins = programs.clone();
    let twin_output = compiler.run(&mut twins, Form::Twin, edition)?;
    let mut virtualized = programs.clone();
    let output = compiler.run(&mut virtualized, Form::Instances, edition)?;

    let mut report = Report { generated: programs.len(), ..Report::default() };
    for program in &programs {
        let compiles = |programs: &[Program]| programs.iter().any(|other| other.name == program.name);
        let of = |output: &build::Output| output.get(&program.name).cloned().unwrap_or_default();
        let what = match (compiles(&twins), compiles(&virtualized)) {
            (false, false) => {
                report.rejected += 1;
                continue;
            }
            (true, false) => format!("is rejected: {}", output.errors(&program.name)),
            (twin, true) if of(&plain) == of(&output) && (!twin || of(&plain) == of(&twin_output)) => {
                report.same += 1;
                continue;
            }
            (_, true) => format!("differs\n--- default\n{}--- vimage\n{}", of(&plain), of(&output)),
        };
        let source = text::source(&program.text);
        report.wrong.push(format!("edition {edition}, seed {}: {what}\n{source}\n", program.seed));
    }
    Ok(report)
}
