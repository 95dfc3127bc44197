//! The output of results.

use std::io::Write;

use comfy_table::{Table, presets};
use serde_json::{Map, Value, json};

use crate::arguments::Sysctl;
use crate::client::Error;

/// Prints rows with these columns; as JSON with all members.
pub(crate) fn table(out: &mut impl Write, is_json: bool, rows: &[Value], columns: &[&str]) -> Result<(), Error> {
    if is_json {
        writeln!(out, "{}", json!(rows))?;
        return Ok(());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(columns.iter().map(|column| column.replace('_', " ").to_uppercase()));
    table.add_rows(rows.iter().map(|row| columns.iter().map(|column| text(&row[*column]))));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The options that decide how sysctls are printed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    pub(crate) json: bool,
    pub(crate) equals: bool,
    pub(crate) value_only: bool,
    pub(crate) name_only: bool,
    pub(crate) types: bool,
}

impl Style {
    pub(crate) fn new(json: bool, sysctl: &Sysctl) -> Self {
        let &Sysctl { equals, value_only, name_only, types, .. } = sysctl;
        Self { json, equals, value_only, name_only, types }
    }

    /// `net.foo.mode: 3`
    pub(crate) fn value(self, out: &mut impl Write, name: &str, value: &Value) -> Result<(), Error> {
        self.line(out, name, || json!({ "name": name, "value": value }), || text(value))
    }

    /// `net.foo.mode: How packets are treated.`, or with the type; as JSON the whole description.
    pub(crate) fn description(
        self,
        out: &mut impl Write,
        name: &str,
        description: &Value,
        describe: bool,
    ) -> Result<(), Error> {
        let separator = if self.equals { "=" } else { ": " };
        let of_type = self.types.then(|| text(&description["type_name"]));
        let described = describe.then(|| text(&description["text"]));
        let parts: Vec<String> = of_type.into_iter().chain(described).collect();
        let json = || match (describe, self.types) {
            (false, true) => json!({ "name": name, "type": description["type_name"] }),
            _ => description.clone(),
        };
        self.line(out, name, json, || parts.join(separator))
    }

    /// `net.foo.mode: 1 -> 3`, also with the option for `NAME=VALUE`.
    pub(crate) fn change(self, out: &mut impl Write, name: &str, changed: &Value) -> Result<(), Error> {
        let json = || {
            let mut all = Map::from_iter([("name".to_owned(), json!(name))]);
            all.extend(changed.as_object().cloned().unwrap_or_default());
            Value::Object(all)
        };
        // A value that cannot be read may have been set.
        let part = |member: &str| changed.get(member).map_or_else(|| "?".to_owned(), text);
        Self { equals: false, ..self }.line(out, name, json, || format!("{} -> {}", part("old"), part("new")))
    }

    fn line(
        self,
        out: &mut impl Write,
        name: &str,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), Error> {
        let separator = if self.equals { "=" } else { ": " };
        match self {
            Self { json: true, name_only: true, .. } => writeln!(out, "{}", json!({ "name": name }))?,
            Self { json: true, .. } => writeln!(out, "{}", json())?,
            Self { name_only: true, .. } => writeln!(out, "{name}")?,
            Self { value_only: true, .. } => writeln!(out, "{}", text())?,
            _ => writeln!(out, "{name}{separator}{}", text())?,
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
