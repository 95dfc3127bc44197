//! `vimagectl`: looks into a program through the socket of its `vimage::inspect` server.

mod arguments;
mod client;
mod output;
mod sysctl;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use serde_json::json;

use crate::arguments::{Arguments, Command, of_class};
use crate::client::{Client, Error};
use crate::output::{Style, table};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            // If nobody reads it, the exit code says it.
            _ = told.print();
            // As of the kernel's tools, not clap's 2.
            return if told.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads, such as `head`, has enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vimagectl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether all that was asked could be done.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    let json = arguments.json;
    let connect = || Client::connect(arguments.socket.as_deref(), Duration::from_secs_f64(arguments.timeout));
    match &arguments.command {
        Command::Ps { class } => {
            let rows = connect()?.rows(of_class(json!({ "op": "instances" }), class.as_deref()))?;
            table(&mut out, json, &rows, &["class", "id", "name", "state", "handles", "parent", "kept_bytes"])?;
        }
        Command::Modules { class } => {
            let rows = connect()?.rows(of_class(json!({ "op": "modules" }), class.as_deref()))?;
            table(&mut out, json, &rows, &["class", "module", "came", "hooks", "path", "declared"])?;
        }
        Command::Symbols { target } => {
            let rows = connect()?.rows(target.of(json!({ "op": "symbols" })))?;
            table(&mut out, json, &rows, &["name", "module", "type", "size", "align", "address"])?;
        }
        Command::Sysctl(asked) => return sysctl::run(&mut connect()?, asked, json, &mut out),
        Command::Watch { name, interval, count, target } => {
            let request = target.of(json!({ "op": "get", "name": name }));
            let style = Style { json, ..Style::default() };
            let mut left = *count;
            while left != Some(0) {
                // Anew each time: the server closes connections that are silent between requests.
                let value = connect()?.ask(&request)?;
                style.value(&mut out, name, &value)?;
                out.flush()?;
                left = left.map(|left| left - 1);
                if left != Some(0) {
                    std::thread::sleep(Duration::from_secs_f64(*interval));
                }
            }
        }
        Command::Completions { shell } => {
            // Not to the output at once, because a reader that is gone would be a panic.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "vimagectl", &mut script);
            out.write_all(&script)?;
        }
    }
    Ok(true)
}
