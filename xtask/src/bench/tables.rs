//! Tables of counts, and the place in a text where they stand.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::counts::Count;

/// What is counted in each profile, in the order in which it was counted first.
#[derive(Default)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<String>,
    pub(super) cells: BTreeMap<(String, String), Vec<f64>>,
}

/// Tables with their names.
pub(super) type Tables = Vec<(String, Table)>;

pub(super) fn enter(tables: &mut Tables, Count { table, row, column, instructions, .. }: Count) {
    if !tables.iter().any(|(name, _)| *name == table) {
        // Behind the one that is about the same.
        let same = tables.iter().rposition(|(name, _)| table.starts_with(name.as_str()));
        tables.insert(same.map_or(tables.len(), |index| index + 1), (table.clone(), Table::default()));
    }
    let Some((_, table)) = tables.iter_mut().find(|(name, _)| *name == table) else { return };
    for (names, name) in [(&mut table.rows, &row), (&mut table.columns, &column)] {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    table.cells.entry((row, column)).or_default().push(instructions);
}

/// The tables as Markdown. A cell has the counts of all profiles.
pub(super) fn print(tables: &Tables) -> String {
    let mut text = String::new();
    for (name, Table { columns, rows, cells }) in tables {
        _ = writeln!(text, "\n| {name} | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
        for row in rows {
            let cell = |column: &String| {
                let counts = cells.get(&(row.clone(), column.clone())).map(Vec::as_slice).unwrap_or_default();
                counts.iter().map(|count| grouped(*count)).collect::<Vec<_>>().join(" / ")
            };
            _ = writeln!(text, "| {row} | {} |", columns.iter().map(cell).collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

/// A count as `12,345`.
pub(super) fn grouped(count: f64) -> String {
    let digits = format!("{count:.0}");
    let starts = |index: &usize| *index > 0 && (digits.len() - index).is_multiple_of(3);
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        text.extend(starts(&index).then_some(','));
        text.push(digit);
    }
    text
}

/// A text with something new between the marks of this name.
pub(super) fn between_marks(text: &str, name: &str, new: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let marks = || {
        let (before, rest) = text.split_once(&begin)?;
        Some((before, rest.split_once(&end)?.1))
    };
    let (before, after) = marks().ok_or_else(|| format!("the marks of `{name}` are not there"))?;
    Ok(format!("{before}{begin}{new}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_tables() {
        let mut tables = Tables::new();
        for profile in [1.0, 2.0] {
            for (row, column, instructions) in [("a", "one", 7.0), ("a", "two", 1_234_567.0), ("b", "two", 8.6)] {
                let [table, row, column] = ["T", row, column].map(str::to_owned);
                enter(&mut tables, Count { table, row, column, instructions: instructions * profile, times: 1.0 });
            }
        }
        let expected = "\n| T | one | two |\n|---|---|---|\n\
                        | a | 7 / 14 | 1,234,567 / 2,469,134 |\n| b |  | 9 / 17 |\n";
        assert_eq!(print(&tables), expected);
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = |between: &str| format!("before\n<!-- x -->\n{between}<!-- end of x -->\nafter\n");
        assert_eq!(between_marks(&text("old\n"), "x", "new\n").unwrap(), text("new\n"));
        assert!(between_marks("nothing", "x", "new\n").is_err());
    }
}
