//! What operations have cost before, beside what they cost now.

use std::fs;

use toml::{Table, Value};

use super::guard;
use super::tables::{Tables, grouped};

const BEFORE: &str = "benches/before.toml";

/// A table in Markdown.
pub(super) fn table(now: &Tables) -> Result<String, String> {
    let text = fs::read_to_string(BEFORE).map_err(|error| format!("{BEFORE}: {error}"))?;
    print(&text, now).map_err(|error| format!("{BEFORE}: {error}"))
}

fn print(before: &str, now: &Tables) -> Result<String, String> {
    let before: Table = before.parse().map_err(|error| format!("{error}"))?;
    let operations = before.get("operation").and_then(Value::as_array).ok_or("no operations")?;
    let rows: Result<String, String> = operations.iter().map(|operation| row(operation, now)).collect();
    Ok(format!("\n| | other benches | before | now |\n|---|---|---|---|\n{}", rows?))
}

fn row(operation: &Value, now: &Tables) -> Result<String, String> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let name = text("name").ok_or("an operation has no name")?;
    let counts = now.iter().find_map(|(table, content)| {
        let mut cells = content.cells.iter();
        cells.find_map(|((row, column), counts)| (guard::name(table, row, column) == name).then_some(counts))
    });
    let counts = counts.ok_or_else(|| format!("`{name}` is not counted any longer"))?;
    // The release defaults, and fat LTO.
    let now: Vec<_> = counts.iter().take(2).map(|count| grouped(*count)).collect();
    let [other, before] = ["other", "before"].map(|key| text(key).unwrap_or_default());
    Ok(format!("| {name} | {other} | {before} | {} |\n", now.join(" / ")))
}

#[cfg(test)]
mod tests {
    use super::super::counts::Count;
    use super::super::tables::enter;
    use super::*;

    #[test]
    fn what_was_is_beside_what_is() {
        let mut now = Tables::new();
        for instructions in [7.0, 1_000.0, 9.0] {
            let [table, row, column] = ["T", "`a`", "instructions"].map(str::to_owned);
            enter(&mut now, Count { table, row, column, instructions, times: 1.0 });
        }
        let before = "[[operation]]\nname = \"T: a\"\nbefore = \"20 / 17\"\n";
        let expected = "\n| | other benches | before | now |\n|---|---|---|---|\n| T: a |  | 20 / 17 | 7 / 1,000 |\n";
        assert_eq!(print(before, &now).as_deref(), Ok(expected));
        assert!(print(&before.replace("T: a", "T: b"), &now).is_err());
    }
}
