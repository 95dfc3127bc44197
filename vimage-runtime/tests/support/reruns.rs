//! Tests of this test program that run in a process of their own, because of how it ends or what it prints.

use std::process::{Command, ExitStatus};

/// Runs the program with these arguments and variables; returns how it ended and all that it printed.
pub(crate) fn rerun(arguments: &[&str], variables: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut program = Command::new(std::env::current_exe().unwrap());
    let output = program.args(arguments).envs(variables.iter().copied()).output().unwrap();
    (output.status, String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned())
}
