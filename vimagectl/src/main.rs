//! `vimagectl`: inspects a program through the socket of its `vimage::inspect` server, or in its memory.

mod arguments;
mod client;
mod compare;
mod output;
mod outside;
mod print;
mod source;
mod sysctl;
mod top;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use serde_json::json;

use crate::arguments::{Arguments, Command, of_class};
use crate::client::Error;
use crate::output::{Style, table};
use crate::outside::Outside;
use crate::source::Source;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => {
            // The exit code is enough if the output is closed.
            _ = usage.print();
            // 1 as the kernel's tools, not 2 as clap.
            return if usage.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The reader, such as `head`, has read enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vimagectl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether everything succeeded.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    let json = arguments.json;
    let connect = || Source::open(arguments);
    match &arguments.command {
        Command::Ps { class } => {
            let rows = connect()?.rows(of_class(json!({ "op": "instances" }), class.as_deref()))?;
            table(&mut out, json, &rows, &["class", "id", "name", "state", "handles", "parent", "kept_bytes"])?;
        }
        Command::Modules { class } => {
            let rows = connect()?.rows(of_class(json!({ "op": "modules" }), class.as_deref()))?;
            table(&mut out, json, &rows, &["class", "module", "came", "hooks", "path", "declared"])?;
        }
        Command::Symbols { values: true, target } => {
            let outside = Outside::open(arguments)?.ok_or(Error::NoProcess)?;
            let rows = print::symbols(&outside, target, json)?;
            table(&mut out, json, &rows, &["name", "module", "value"])?;
        }
        Command::Print { names, target } => {
            let outside = Outside::open(arguments)?.ok_or(Error::NoProcess)?;
            return print::run(&outside, names, target, json, &mut out);
        }
        Command::Symbols { target, .. } => {
            let rows = connect()?.rows(target.of(json!({ "op": "symbols" })))?;
            table(&mut out, json, &rows, &["name", "module", "type", "size", "align", "address"])?;
        }
        Command::Sysctl(asked) => return sysctl::run(&mut connect()?, asked, json, &mut out),
        Command::Watch { name, interval, count, target } => {
            let request = target.of(json!({ "op": "get", "name": name }));
            let style = Style { json, ..Style::default() };
            let mut remaining = *count;
            while remaining != Some(0) {
                // A new connection each time: the server closes those that are silent between requests.
                let value = connect()?.ask(&request)?;
                style.value(&mut out, name, &value)?;
                out.flush()?;
                remaining = remaining.map(|count| count - 1);
                if remaining != Some(0) {
                    std::thread::sleep(Duration::from_secs_f64(*interval));
                }
            }
        }
        Command::Top { interval, count, instance, class } => {
            let of = top::Wanted { instance: instance.as_deref(), class: class.as_deref() };
            let outside = Outside::open(arguments)?.ok_or(Error::NoProcess)?;
            top::run(&outside, &of, Duration::from_secs_f64(*interval), *count, json, &mut out)?;
        }
        Command::Diff { before, after, interval, program } => {
            let open = |name: &str| Outside::named(name, program.as_deref());
            let before = open(before)?;
            let seen = compare::values(&before.look()?);
            let after = match after {
                Some(after) => compare::values(&open(after)?.look()?),
                None => {
                    std::thread::sleep(Duration::from_secs_f64(*interval));
                    compare::values(&before.look()?)
                }
            };
            let rows = compare::differences(&seen, &after);
            table(&mut out, json, &rows, &["instance", "name", "before", "after"])?;
        }
        Command::Completions { shell } => {
            // Not directly to the output, because clap panics if that is closed.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "vimagectl", &mut script);
            out.write_all(&script)?;
        }
    }
    Ok(true)
}
