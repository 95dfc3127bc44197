//! What differs between two programs, or one at two moments.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vimage_inspect::{Instance, Look, Variable};

use crate::outside::rows;

/// The variables that have a name: each symbol, and the variable of each sysctl that is not a symbol too.
pub(crate) fn variables<'l>(look: &'l Look<'_>) -> impl Iterator<Item = &'l Variable> {
    let sysctls = look.sysctls().iter().filter(|sysctl| !sysctl.handled);
    let symbols = look.symbols().iter().filter(|symbol| {
        let is_same = |other: &Variable| (&other.file, other.line) == (&symbol.file, symbol.line);
        !look.sysctls().iter().any(|sysctl| is_same(&sysctl.variable))
    });
    sysctls.map(|sysctl| &sysctl.variable).chain(symbols)
}

/// The name of a variable: with the module, because several may have the same.
pub(crate) fn name(look: &Look<'_>, variable: &Variable) -> String {
    format!("{}::{}", look.modules()[variable.module].name, variable.name)
}

/// An instance, by the name of its class and its id.
type Key = (String, u64);

/// All that is compared: for each instance its label, and its state and variables by name.
pub(crate) type Values = BTreeMap<Key, (String, BTreeMap<String, Value>)>;

/// All values of all instances that can be read.
pub(crate) fn values(look: &Look<'_>) -> Values {
    let of = |instance: &Instance| {
        let own = variables(look).filter(|variable| look.class_of(variable) == instance.class);
        let own =
            own.filter_map(|variable| Some((name(look, variable), rows::json(&look.value(variable, instance).ok()?))));
        let state = ("(state)".to_owned(), json!(instance.state));
        let class = look.classes()[instance.class].name.clone();
        ((class, instance.id), (look.label(instance), own.chain([state]).collect()))
    };
    look.instances().iter().map(of).collect()
}

/// A row for each value that differs, and for each instance that only one of them has.
pub(crate) fn differences(before: &Values, after: &Values) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut keys: Vec<&Key> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        match (before.get(key), after.get(key)) {
            (Some((label, old)), Some((_, new))) => {
                let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
                names.sort();
                names.dedup();
                let differs = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
                rows.extend(differs.map(
                    |name| json!({ "instance": label, "name": name, "before": old.get(name), "after": new.get(name) }),
                ));
            }
            (old, new) => {
                let there = |side: Option<&(String, _)>| side.map_or("does not exist", |_| "exists");
                let label = old.or(new).map_or("", |(label, _)| label);
                rows.push(json!({ "instance": label, "name": "", "before": there(old), "after": there(new) }));
            }
        }
    }
    rows
}
