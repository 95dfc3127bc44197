//! The rows of replies.

use serde_json::{Value, json};

use super::error::Failure;
use super::page::{Page, Rows};
use super::target;
use crate::debug::{self, InstanceRow};
use crate::names::{Identity, Named};
use crate::registry::classes;
use crate::symmap::Symbol;
use crate::sysctl::{Found, Listed, View};

/// Classes in the order of boot, and the instances of each by their ids.
pub(super) fn instances(class: Option<&str>, page: &Page) -> Result<Rows, Failure> {
    let only = class.map(target::class).transpose()?;
    let after: Option<(usize, u64)> = page.after()?;
    let classes = classes().iter().enumerate().skip(after.map_or(0, |(index, _)| index));
    let rows = classes.filter(|(_, class)| only.is_none_or(|only| only == **class)).flat_map(|(index, class)| {
        let after = after.filter(|(last, _)| *last == index).map(|(_, id)| id);
        // One more than fits: it shows that there is a next page.
        let found = debug::instances_of(class.laid_out(), after, page.limit() + 1);
        found.into_iter().map(move |row| (index, row))
    });
    Ok(page.fill(rows, |(index, row): &(usize, InstanceRow)| json!([index, row.id]), |(_, row)| json!(row)))
}

/// In the order in which they are attached; the key of a row is its number.
pub(super) fn modules(class: Option<&str>, page: &Page) -> Result<Rows, Failure> {
    let only = class.map(target::class).transpose()?;
    let table = debug::modules();
    let skip = page.after::<usize>()?.unwrap_or(0);
    let rows = table.rows().iter().filter(|row| only.is_none_or(|only| row[0] == only.name));
    let row = |cells: &Vec<String>| {
        table.titles().iter().zip(cells).map(|(title, cell)| ((*title).to_owned(), json!(cell))).collect()
    };
    Ok(page.fill(rows.enumerate().skip(skip), |(index, _)| json!(index + 1), |(_, cells)| row(cells)))
}

/// The columns of a listed sysctl.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Show {
    #[default]
    Values,
    Names,
    Descriptions,
}

/// The order of sysctls, and of symbols.
type Key = (String, String, String, String, String, u32, Option<String>);

fn key(entry: &impl Named) -> Key {
    let Identity { name, module, file, line } = entry.identity();
    let text = |text: &str| text.to_owned();
    let variable = entry.variable().map(text);
    (text(name), text(module.class.name), text(module.name), text(module.path), text(file), *line, variable)
}

pub(super) fn sysctls(view: View<'_>, prefix: &str, show: Show, page: &Page) -> Result<Rows, Failure> {
    let after: Option<Key> = page.after()?;
    let found = view.below(prefix)?.into_iter();
    let found = found.filter(|found| after.as_ref().is_none_or(|after| key(found.entry) > *after));
    let row = |found: Found| match show {
        Show::Values => listing(view.listed(found)),
        Show::Names => {
            let described = json!(found.describe());
            let members = ["name", "qualified_name", "class", "module", "path", "kind", "writable", "tunable"];
            members.into_iter().map(|member| (member.to_owned(), described[member].clone())).collect()
        }
        Show::Descriptions => json!(found.describe()),
    };
    Ok(page.fill(found, |found| json!(key(found.entry)), row))
}

fn listing(listed: Listed) -> Value {
    let mut row = json!({
        "name": listed.name, "qualified_name": listed.qualified_name, "class": listed.class, "module": listed.module,
        "path": listed.path, "kind": listed.kind.to_string(), "writable": listed.writable, "tunable": listed.tunable,
    });
    match listed.value {
        Ok(value) => row["value"] = json!(value),
        Err(error) => row["error"] = json!(Failure::from(error)),
    }
    row
}

pub(super) fn symbols(mut symbols: Vec<Symbol<'_>>, page: &Page) -> Result<Rows, Failure> {
    let after: Option<Key> = page.after()?;
    symbols.sort_by_cached_key(|symbol| key(symbol.entry()));
    let symbols = symbols.iter().filter(|symbol| after.as_ref().is_none_or(|after| key(symbol.entry()) > *after));
    Ok(page.fill(symbols, |symbol| json!(key(symbol.entry())), symbol))
}

fn symbol(symbol: &Symbol<'_>) -> Value {
    json!({
        "name": symbol.name(), "class": symbol.class(), "module": symbol.module(), "path": symbol.path(),
        "type": symbol.type_name(), "size": symbol.size(), "align": symbol.align(), "shared": symbol.is_shared(),
        "address": format!("{:p}", symbol.address()),
    })
}
