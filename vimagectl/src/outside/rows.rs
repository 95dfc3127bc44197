//! The rows of answers, with the members that the server gives them.

use serde_json::{Value, json};
use vimage_inspect::{Instance, Look, Module, Named, Sysctl, ValueError, Variable};

/// Why a value is not known: a kind for programs, a message for people.
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

pub(super) fn instances(look: &Look<'_>, class: Option<usize>) -> Vec<Value> {
    let own = look.instances().iter().filter(|instance| class.is_none_or(|class| class == instance.class));
    own.map(|instance| {
        json!({
            "class": look.classes()[instance.class].name, "id": instance.id, "name": instance.name,
            "state": instance.state, "handles": instance.handles, "parent": instance.parent,
            "kept_bytes": look.kept_bytes(instance),
        })
    })
    .collect()
}

pub(super) fn modules(look: &Look<'_>, class: Option<usize>) -> Vec<Value> {
    let own = look.modules().iter().filter(|module| class.is_none_or(|class| class == module.class));
    own.map(|module| {
        let hooks = [(module.attaches, "attach"), (module.quiesces, "quiesce"), (module.detaches, "detach")];
        let hooks: Vec<&str> = hooks.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
        json!({
            "class": look.classes()[module.class].name, "module": module.name,
            "came": if module.is_added { "run time" } else { "boot" }, "hooks": hooks.join(", "), "path": module.path,
            "declared": format!("{}:{}", module.file, module.line),
        })
    })
    .collect()
}

pub(super) fn symbols(look: &Look<'_>, instances: &[&Instance]) -> Vec<Value> {
    let symbols = look.symbols().iter().filter_map(|symbol| {
        let instance = of(look, symbol, instances)?;
        Some((symbol, look.address(symbol, instance).ok()?))
    });
    symbols
        .map(|(symbol, address)| {
            let (class, module) = place(look, symbol);
            json!({
                "name": symbol.name, "class": class, "module": module.name, "path": module.path,
                "type": symbol.type_name, "size": symbol.size, "align": symbol.align, "shared": symbol.shared,
                "address": format!("{address:#x}"),
            })
        })
        .collect()
}

pub(super) fn sysctls(look: &Look<'_>, prefix: &str, show: &str, instances: &[&Instance]) -> Vec<Value> {
    let row = |named: Named<'_>| match show {
        "names" => {
            let described = description(look, &named);
            let members = ["name", "qualified_name", "class", "module", "path", "kind", "writable", "tunable"];
            members.into_iter().map(|member| (member.to_owned(), described[member].clone())).collect()
        }
        "descriptions" => description(look, &named),
        _ => with_value(look, &named, instances),
    };
    look.below(prefix, instances).into_iter().map(row).collect()
}

pub(super) fn description(look: &Look<'_>, named: &Named<'_>) -> Value {
    let Sysctl { variable, ident, kind, value_type, range, unit, text, writable, tunable, base_only, .. } =
        named.sysctl;
    let (class, module) = place(look, variable);
    json!({
        "name": variable.name, "qualified_name": named.qualified_name, "text": text, "kind": kind.name(),
        "type_name": value_type, "range": range, "unit": unit, "writable": writable, "tunable": tunable,
        "base_only": base_only, "shared": variable.shared, "variable": ident, "module": module.name,
        "path": module.path, "class": class, "file": variable.file, "line": variable.line,
    })
}

fn with_value(look: &Look<'_>, named: &Named<'_>, instances: &[&Instance]) -> Value {
    let Sysctl { variable, kind, writable, tunable, .. } = named.sysctl;
    let (class, module) = place(look, variable);
    let mut row = json!({
        "name": variable.name, "qualified_name": named.qualified_name, "class": class, "module": module.name,
        "path": module.path, "kind": kind.name(), "writable": writable, "tunable": tunable,
    });
    match value(look, named.sysctl, &named.qualified_name, instances) {
        Ok(value) => row["value"] = value,
        Err(failure) => row["error"] = json!({ "kind": failure.kind, "message": failure.message }),
    }
    row
}

/// The value of a sysctl in the one of these instances that has it.
pub(super) fn value(look: &Look<'_>, sysctl: &Sysctl, name: &str, instances: &[&Instance]) -> Result<Value, Failure> {
    let instance = of(look, &sysctl.variable, instances);
    let value = instance.ok_or(ValueError::Gone).and_then(|instance| look.get(sysctl, instance));
    value.map(|value| self::json(&value)).map_err(|error| match error {
        ValueError::Gone => Failure {
            kind: "gone",
            message: format!("`{name}`: the instance is destroyed, or the module is unregistered"),
        },
        ValueError::Locked => {
            Failure { kind: "locked", message: format!("`{name}` is busy: the program holds its lock") }
        }
        error => Failure { kind: "unknowable", message: format!("`{name}`: {error}") },
    })
}

/// A value as the server writes it: integers beyond 64 bits, infinities and NaN as text.
pub(crate) fn json(value: &vimage_inspect::Value) -> Value {
    serde_json::to_value(value).unwrap_or_else(|_| json!(value.to_string()))
}

/// The instance of a variable's class.
pub(crate) fn of<'l>(look: &Look<'_>, variable: &Variable, instances: &[&'l Instance]) -> Option<&'l Instance> {
    let class = look.class_of(variable);
    instances.iter().copied().find(|instance| instance.class == class)
}

fn place<'l>(look: &'l Look<'_>, variable: &Variable) -> (&'l str, &'l Module) {
    let module = &look.modules()[variable.module];
    (&look.classes()[module.class].name, module)
}
