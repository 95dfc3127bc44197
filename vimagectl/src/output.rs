//! How results are printed.

use std::io::Write;

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::client::Error;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) json: bool,
}

impl Style {
    /// Rows that are objects, by these of their members.
    pub(crate) fn table(self, out: &mut impl Write, rows: &Value, columns: &[&str]) -> Result<(), Error> {
        if self.json {
            writeln!(out, "{rows}")?;
            return Ok(());
        }
        let rows = rows.as_array().ok_or_else(|| Error::Protocol(rows.to_string()))?;
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header(columns.iter().map(|column| column.to_uppercase()));
        table.add_rows(rows.iter().map(|row| columns.iter().map(|column| text(&row[*column]))));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// `net.foo.mode: 3`
    pub(crate) fn pair(self, out: &mut impl Write, name: &str, value: &Value, value_only: bool) -> Result<(), Error> {
        match (self.json, value_only) {
            (true, _) => writeln!(out, "{}", json!({ "name": name, "value": value }))?,
            (false, true) => writeln!(out, "{}", text(value))?,
            (false, false) => writeln!(out, "{name}: {}", text(value))?,
        }
        Ok(())
    }

    /// `net.foo.mode: 1 -> 3`
    pub(crate) fn change(
        self,
        out: &mut impl Write,
        name: &str,
        changed: &Value,
        value_only: bool,
    ) -> Result<(), Error> {
        let (old, new) = (&changed["old"], &changed["new"]);
        match (self.json, value_only) {
            (true, _) => writeln!(out, "{}", json!({ "name": name, "old": old, "new": new }))?,
            (false, true) => writeln!(out, "{} -> {}", text(old), text(new))?,
            (false, false) => writeln!(out, "{name}: {} -> {}", text(old), text(new))?,
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
