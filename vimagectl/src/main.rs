//! `vimagectl`: looks into a program through the socket of its `vimage::inspect` server.

mod arguments;
mod client;
mod output;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use serde_json::{Value, json};

use crate::arguments::{Arguments, Command, Sysctl, Target};
use crate::client::{Client, Error};
use crate::output::Style;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
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
    if let Command::Completions { shell } = arguments.command {
        clap_complete::generate(shell, &mut Arguments::command(), "vimagectl", &mut out);
        return Ok(true);
    }
    let mut client = Client::connect(arguments.socket.as_deref())?;
    let style = Style { json: arguments.json };
    match &arguments.command {
        Command::Ps => {
            let columns = ["class", "id", "name", "state", "handles", "parent"];
            style.table(&mut out, &client.ask(json!({ "op": "instances" }))?, &columns)?;
        }
        Command::Modules => {
            let columns = ["class", "module", "came", "hooks", "path", "declared"];
            style.table(&mut out, &client.ask(json!({ "op": "modules" }))?, &columns)?;
        }
        Command::Symbols { target } => {
            let columns = ["name", "module", "type", "size", "align", "address"];
            style.table(&mut out, &client.ask(target.of(json!({ "op": "symbols" })))?, &columns)?;
        }
        Command::Sysctl(sysctl) => return self::sysctl(&mut client, sysctl, style, &mut out),
        Command::Watch { name, interval, count, target } => {
            let request = target.of(json!({ "op": "get", "name": name }));
            let mut left = *count;
            while left != Some(0) {
                let value = client.ask(request.clone())?;
                style.pair(&mut out, name, &value, false)?;
                out.flush()?;
                left = left.map(|left| left - 1);
                if left != Some(0) {
                    std::thread::sleep(Duration::from_secs_f64(*interval));
                }
            }
        }
        Command::Completions { .. } => unreachable!("needs no socket"),
    }
    Ok(true)
}

/// As the kernel's `sysctl`: each name is read, or set where it has a `=`; one that fails does not stop the others.
fn sysctl(client: &mut Client, sysctl: &Sysctl, style: Style, out: &mut impl Write) -> Result<bool, Error> {
    let mut all = true;
    let everything = [String::new()];
    let names = if sysctl.all { &everything[..] } else { &sysctl.names };
    for name in names {
        let result = match name.split_once('=') {
            Some((name, value)) => set(client, sysctl, style, out, name.trim(), value),
            None => show(client, sysctl, style, out, name),
        };
        match result {
            Ok(()) => {}
            Err(Error::Refused { message, .. }) => {
                out.flush()?;
                eprintln!("vimagectl: {message}");
                all = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn set(
    client: &mut Client,
    sysctl: &Sysctl,
    style: Style,
    out: &mut impl Write,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    let changed = client.ask(sysctl.target.of(json!({ "op": "set", "name": name, "value": value })))?;
    style.change(out, name, &changed, sysctl.value_only)
}

/// One value; or, where the name is only the beginning of others, all of those.
fn show(client: &mut Client, sysctl: &Sysctl, style: Style, out: &mut impl Write, name: &str) -> Result<(), Error> {
    if !name.is_empty() {
        let exact = if sysctl.describe {
            client.ask(json!({ "op": "describe", "name": name })).map(|description| description["text"].clone())
        } else {
            client.ask(sysctl.target.of(json!({ "op": "get", "name": name })))
        };
        match exact {
            Ok(value) => return style.pair(out, name, &value, sysctl.value_only),
            Err(Error::Refused { kind, message }) if kind == "unknown" => {
                let below = list(client, &sysctl.target, name)?;
                if below.is_empty() {
                    return Err(Error::Refused { kind, message });
                }
                return below.iter().try_for_each(|row| listed(client, sysctl, style, out, row));
            }
            Err(error) => return Err(error),
        }
    }
    list(client, &sysctl.target, name)?.iter().try_for_each(|row| listed(client, sysctl, style, out, row))
}

fn list(client: &mut Client, target: &Target, prefix: &str) -> Result<Vec<Value>, Error> {
    match client.ask(target.of(json!({ "op": "list", "prefix": prefix })))? {
        Value::Array(rows) => Ok(rows),
        other => Err(Error::Protocol(other.to_string())),
    }
}

fn listed(client: &mut Client, sysctl: &Sysctl, style: Style, out: &mut impl Write, row: &Value) -> Result<(), Error> {
    let name = row["name"].as_str().unwrap_or_default();
    if sysctl.describe {
        let module = row["module"].as_str().unwrap_or_default();
        let described = client.ask(json!({ "op": "describe", "name": format!("{module}::{name}") }))?;
        return style.pair(out, name, &described["text"], sysctl.value_only);
    }
    match row.get("error") {
        Some(error) => {
            out.flush()?;
            eprintln!("vimagectl: {}", error["message"].as_str().unwrap_or_default());
            Ok(())
        }
        None => style.pair(out, name, &row["value"], sysctl.value_only),
    }
}
