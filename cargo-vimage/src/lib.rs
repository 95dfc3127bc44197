//! `cargo vimage`: lists the globals of a program (`audit`), ports a package to vimage (`port`), ports a dependency
//! without waiting for its author (`vendor`), makes a package to start from (`init`), and explains the messages of the
//! macros (`explain`). The library exists for the tests of the tool.

mod audit;
mod exit;
mod explain;
mod init;
mod port;
mod runtime;
mod source;
mod vendor;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Lists every global of a program, and ports crates with globals to vimage.
#[derive(Debug, Parser)]
#[command(name = "cargo vimage", bin_name = "cargo vimage", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(Box<audit::Arguments>),
    Explain(explain::Arguments),
    Port(port::Arguments),
    Vendor(vendor::Arguments),
    Init(init::Arguments),
}

/// Runs the tool with the arguments of the process, the program's name first.
///
/// Cargo calls it as `cargo-vimage vimage audit …`, and a person may call it as `cargo-vimage audit …`.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(code) = audit::intercept(&arguments) {
        return code;
    }
    if arguments.get(1).is_some_and(|first| first == "vimage") {
        arguments.remove(1);
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            // The exit code is enough if the output is closed.
            _ = usage.print();
            return if usage.use_stderr() { exit::USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let result = match &arguments.command {
        Command::Audit(arguments) => audit::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Port(arguments) => port::run(arguments),
        Command::Vendor(arguments) => vendor::run(arguments),
        Command::Init(arguments) => init::run(arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
