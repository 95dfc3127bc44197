//! `vimagectl sysctl`, like the kernel's `sysctl`: it reads each name, or sets it if there is a `=`. One that fails does not
//! stop the others.

use std::io::Write;

use serde_json::{Value, json};

use crate::arguments::Sysctl;
use crate::client::Error;
use crate::output::Style;
use crate::source::Source;

/// Returns whether everything succeeded.
pub(crate) fn run(source: &mut Source, asked: &Sysctl, is_json: bool, out: &mut impl Write) -> Result<bool, Error> {
    let mut run = Run { source, asked, style: Style::new(is_json, asked), out, failed: false };
    if asked.names.is_empty() {
        run.all_below("")?;
    }
    for argument in &asked.names {
        let result = match argument.split_once('=') {
            Some((name, value)) if !run.only_describes() => run.set(name.trim(), value.trim_start()),
            Some((name, _)) => run.show(name.trim()),
            None => run.show(argument.trim()),
        };
        match result {
            Ok(()) => {}
            Err(Error::Refused { kind, .. }) if kind == "unknown" && asked.ignore_unknown => {}
            Err(Error::Refused { message, .. }) => run.fail(&message)?,
            Err(error) => return Err(error),
        }
    }
    Ok(!run.failed)
}

struct Run<'a, W> {
    source: &'a mut Source,
    asked: &'a Sysctl,
    style: Style,
    out: &'a mut W,
    failed: bool,
}

impl<W: Write> Run<'_, W> {
    /// Returns whether values are neither set nor printed.
    fn only_describes(&self) -> bool {
        self.asked.describe || self.asked.types
    }

    /// Prints an error after the output so far.
    fn fail(&mut self, message: &str) -> Result<(), Error> {
        self.failed = true;
        if !self.asked.quiet {
            self.out.flush()?;
            eprintln!("vimagectl: {message}");
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let set = self.source.ask(&self.asked.target.of(json!({ "op": "set", "name": name, "value": value })));
        match set {
            Ok(changed) => self.style.change(self.out, name, &changed),
            Err(Error::Refused { kind, message }) if kind == "unknown" => {
                let below = json!({ "op": "list", "prefix": name, "show": "names", "limit": 1 });
                let below = self.source.ask(&self.asked.target.of(below))?;
                match below.as_array().is_some_and(|rows| !rows.is_empty()) {
                    true => self.fail(&format!("`{name}` isn't a leaf node: other names begin with it")),
                    false => Err(Error::Refused { kind, message }),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Prints one sysctl; if the name is only a prefix, all below it.
    fn show(&mut self, name: &str) -> Result<(), Error> {
        match self.show_one(name) {
            Err(Error::Refused { kind, message }) if kind == "unknown" => match self.all_below(name)? {
                0 => Err(Error::Refused { kind, message }),
                _ => Ok(()),
            },
            result => result,
        }
    }

    fn show_one(&mut self, name: &str) -> Result<(), Error> {
        let Sysctl { target, describe, name_only, tunable, writable, .. } = self.asked;
        if self.only_describes() || *name_only || *tunable || *writable {
            let description = self.source.ask(&target.of(json!({ "op": "describe", "name": name })))?;
            if !self.is_wanted(&description) {
                return Ok(());
            }
            if self.only_describes() || *name_only {
                return self.style.description(self.out, name, &description, *describe);
            }
        }
        let value = self.source.ask(&target.of(json!({ "op": "get", "name": name })))?;
        self.style.value(self.out, name, &value)
    }

    /// Returns the number of sysctls below the prefix, printed or not.
    fn all_below(&mut self, prefix: &str) -> Result<usize, Error> {
        let show = match self.asked {
            Sysctl { name_only: true, .. } => "names",
            _ if self.only_describes() => "descriptions",
            _ => "values",
        };
        let mut request = self.asked.target.of(json!({ "op": "list", "prefix": prefix, "show": show }));
        let mut count = 0;
        // Page by page: there may be many, and the reader may stop.
        loop {
            let (rows, next) = self.source.page(&request)?;
            count += rows.len();
            for row in &rows {
                self.row(row)?;
            }
            match next {
                Some(next) => request["after"] = next,
                None => return Ok(count),
            }
        }
    }

    fn row(&mut self, row: &Value) -> Result<(), Error> {
        let name = row["qualified_name"].as_str().ok_or_else(|| Error::Protocol(row.to_string()))?;
        match row.get("error") {
            _ if !self.is_wanted(row) => Ok(()),
            Some(error) => self.fail(error["message"].as_str().unwrap_or_default()),
            None if self.only_describes() => self.style.description(self.out, name, row, self.asked.describe),
            None => self.style.value(self.out, name, &row["value"]),
        }
    }

    /// Returns whether the options select it.
    fn is_wanted(&self, row: &Value) -> bool {
        let is = |flag: &str| row[flag] == true;
        (!self.asked.tunable || is("tunable")) && (!self.asked.writable || is("writable"))
    }
}
