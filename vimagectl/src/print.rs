//! `vimagectl print` and `symbols --values`: variables of all types, in the memory of a process or in a core file.

use std::io::Write;

use serde_json::{Value, json};
use vimage_inspect::{Instance, Look, Variable};

use crate::arguments::Target;
use crate::client::Error;
use crate::compare;
use crate::output::Style;
use crate::outside::{Outside, asked, rows};

/// Prints each variable. Returns whether all could be read; one that cannot does not stop the others.
pub(crate) fn run(
    outside: &Outside,
    names: &[String],
    target: &Target,
    is_json: bool,
    out: &mut impl Write,
) -> Result<bool, Error> {
    let look = outside.look()?;
    let instances = asked(&look, &target.of(json!({})))?;
    let style = Style { json: is_json, ..Style::default() };
    let mut failed = false;
    for name in names {
        match one(&look, name, &instances, is_json) {
            Ok(value) => style.value(out, name, &value)?,
            Err(message) => {
                failed = true;
                out.flush()?;
                eprintln!("vimagectl: `{name}`: {message}");
            }
        }
    }
    Ok(!failed)
}

/// The value of the variable that a name means.
fn one(look: &Look<'_>, name: &str, instances: &[&Instance], is_json: bool) -> Result<Value, String> {
    let sysctls = look.sysctls().iter().map(|sysctl| &sysctl.variable);
    let named = look.symbols().iter().chain(sysctls).filter(|variable| is_named(look, variable, name));
    let mut own: Vec<_> = named.filter_map(|variable| Some((variable, rows::of(look, variable, instances)?))).collect();
    // A variable can be both.
    own.dedup_by_key(|(variable, _)| (&variable.file, variable.line));
    match own.as_slice() {
        [] => Err("these instances have no symbol or sysctl of this name".to_owned()),
        [(variable, instance)] => value(look, variable, instance, is_json),
        several => {
            let names: Vec<String> = several.iter().map(|(variable, _)| compare::name(look, variable)).collect();
            Err(format!("ambiguous: {}", names.join(", ")))
        }
    }
}

/// Returns whether it is the name of the variable, also with its module, or as the program writes it: `V_FOO` for `foo`.
fn is_named(look: &Look<'_>, variable: &Variable, name: &str) -> bool {
    let is_symbol = |ident: &str| ident.eq_ignore_ascii_case(&variable.name);
    name == variable.name || name == compare::name(look, variable) || name.strip_prefix("V_").is_some_and(is_symbol)
}

fn value(look: &Look<'_>, variable: &Variable, instance: &Instance, is_json: bool) -> Result<Value, String> {
    let value = look.value(variable, instance).map_err(|error| error.to_string())?;
    Ok(if is_json { rows::json(&value) } else { json!(value.to_string()) })
}

/// A row for each symbol, with its value or why there is none.
pub(crate) fn symbols(outside: &Outside, target: &Target, is_json: bool) -> Result<Vec<Value>, Error> {
    let look = outside.look()?;
    let instances = asked(&look, &target.of(json!({})))?;
    let row = |symbol: &Variable| {
        let instance = rows::of(&look, symbol, &instances)?;
        let module = &look.modules()[symbol.module];
        let mut row = json!({
            "name": symbol.name, "class": look.classes()[module.class].name, "module": module.name, "path": module.path,
            "type": symbol.type_name,
        });
        match value(&look, symbol, instance, is_json) {
            Ok(value) => row["value"] = value,
            Err(message) if is_json => row["error"] = json!(message),
            Err(message) => row["value"] = json!(format!("<{message}>")),
        }
        Some(row)
    };
    Ok(look.symbols().iter().filter_map(row).collect())
}
