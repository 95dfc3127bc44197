//! What clients can ask.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::connection::error;
use crate::boot;
use crate::debug::{self, Table};
use crate::instance::Handle;
use crate::named::InstanceRef;
use crate::symmap::{self, Symbol};
use crate::sysctl::{self, Datum, Listed, View};
use crate::{Vimage, failure};

/// The error part of a reply.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    kind: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Request {
    Instances {},
    Modules {},
    List {
        #[serde(default)]
        prefix: String,
        #[serde(flatten)]
        of: Of,
    },
    Get {
        name: String,
        #[serde(flatten)]
        of: Of,
    },
    Set {
        name: String,
        value: Value,
        #[serde(flatten)]
        of: Of,
    },
    Describe {
        name: String,
    },
    Symbols {
        #[serde(flatten)]
        of: Of,
    },
}

/// Which instance.
#[derive(Debug, Deserialize)]
struct Of {
    instance: Option<Which>,
    class: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Which {
    Id(u64),
    Name(String),
}

/// The reply to one line.
pub(super) fn answer(line: &[u8], writable: bool) -> Value {
    let (id, request) = match serde_json::from_slice::<Value>(line) {
        Ok(value) => (value.get("id").cloned(), serde_json::from_value(value)),
        Err(error) => (None, Err(error)),
    };
    let result = match request {
        // What the program's own code panics with is its client's to know.
        Ok(request) => catch_unwind(AssertUnwindSafe(|| perform(request, writable)))
            .unwrap_or_else(|panic| Err(Failure::new("panicked", failure::message(panic)))),
        Err(error) => Err(Failure::new("malformed", error.to_string())),
    };
    let mut reply = match result {
        Ok(value) => json!({ "ok": value }),
        Err(failure) => error(failure),
    };
    if let Some(id) = id {
        reply["id"] = id;
    }
    reply
}

fn perform(request: Request, writable: bool) -> Result<Value, Failure> {
    boot::ensure().map_err(|error| Failure::new("boot", error.to_string()))?;
    match request {
        Request::Instances {} => Ok(rows(&debug::instances())),
        Request::Modules {} => Ok(rows(&debug::modules())),
        Request::List { prefix, of } => {
            let listed = of.with(|view| view.list(&prefix))?;
            Ok(listed.iter().map(listing).collect())
        }
        Request::Get { name, of } => Ok(json!(of.with(|view| view.get(&name))?)),
        Request::Set { .. } if !writable => {
            Err(Failure::new("read_only_server", "this server was not opened for writing"))
        }
        Request::Set { name, value, of } => {
            let value = datum(value)?;
            of.with(|view| {
                let old = view.get(&name)?;
                view.set(&name, value)?;
                Ok(json!({ "old": old, "new": view.get(&name)? }))
            })
        }
        Request::Describe { name } => Ok(json!(sysctl::describe(&name).map_err(refused)?)),
        Request::Symbols { of } => {
            let handle = of.instance_or_base()?;
            let symbols = symmap::symbols_of(InstanceRef::new(&handle));
            let symbols = symbols.map_err(|error| Failure::new("boot", error.to_string()))?;
            Ok(symbols.iter().map(symbol).collect())
        }
    }
}

impl Of {
    /// Calls `f` with the sysctls of the instance, or with those of all base instances.
    fn with<R>(&self, f: impl FnOnce(View<'_>) -> Result<R, sysctl::Error>) -> Result<R, Failure> {
        let result = if self.instance.is_some() || self.class.is_some() {
            let handle = self.instance_or_base()?;
            f(View::of_handle(&handle))
        } else {
            let base = Vimage::base().map_err(|error| Failure::new("boot", error.to_string()))?;
            base.enter(|| f(View::CURRENT))
        };
        result.map_err(refused)
    }

    fn instance_or_base(&self) -> Result<Handle, Failure> {
        let name = self.class.as_deref().unwrap_or("Net");
        let named: Vec<_> = boot::classes().iter().filter(|class| class.name == name).collect();
        let &[class] = named.as_slice() else {
            let message = format!("{} classes are called `{name}`", if named.is_empty() { "no" } else { "several" });
            return Err(Failure::new("unknown_class", message));
        };
        let state = class.laid_out();
        let live = state.live();
        let wanted: Vec<u64> = match &self.instance {
            None => vec![state.base_handle().header().id],
            Some(Which::Id(id)) => vec![*id],
            Some(Which::Name(name)) => live.tree.all_where(|header| header.name.as_deref() == Some(name)),
        };
        let found: Vec<Handle> = wanted.into_iter().filter_map(|id| live.tree.find(id)).collect();
        // What is dropped may be the last handle, whose end needs the lock.
        drop(live);
        match <[Handle; 1]>::try_from(found) {
            Ok([handle]) => Ok(handle),
            Err(found) if found.is_empty() => Err(Failure::new("no_instance", "there is no such instance")),
            Err(_) => Err(Failure::new("ambiguous", "several instances bear this name; give the id")),
        }
    }
}

fn rows(table: &Table) -> Value {
    let row = |cells: &Vec<String>| -> Value {
        let cells = table.titles().iter().zip(cells).map(|(title, cell)| ((*title).to_owned(), json!(cell)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    table.rows().iter().map(row).collect()
}

fn listing(listed: &Listed) -> Value {
    let mut row = json!({
        "name": listed.name, "class": listed.class, "module": listed.module, "kind": listed.kind.to_string(),
    });
    match &listed.value {
        Ok(value) => row["value"] = json!(value),
        Err(error) => row["error"] = json!(refused(error.clone())),
    }
    row
}

fn symbol(symbol: &Symbol<'_>) -> Value {
    json!({
        "name": symbol.name(), "class": symbol.class(), "module": symbol.module(), "type": symbol.type_name(),
        "size": symbol.size(), "align": symbol.align(), "shared": symbol.is_shared(),
        "address": format!("{:p}", symbol.address()),
    })
}

fn datum(value: Value) -> Result<Datum, Failure> {
    match value {
        Value::Bool(value) => Ok(value.into()),
        Value::String(text) => Ok(text.into()),
        Value::Number(number) => {
            let integer = number.as_i64().map(Datum::from).or_else(|| number.as_u64().map(Datum::from));
            let datum = integer.or_else(|| number.as_f64().map(Datum::from));
            datum.ok_or_else(|| Failure::new("malformed", "this number has too many digits"))
        }
        _ => Err(Failure::new("malformed", "a value is a number, a string, `true` or `false`")),
    }
}

fn refused(error: sysctl::Error) -> Failure {
    use sysctl::Error::{
        Ambiguous, Boot, Gone, NoInstance, NotPermitted, NotTunable, OutOfRange, Panicked, ReadOnly, Refused, Unknown,
        WrongClass, WrongType,
    };
    let kind = match error {
        Unknown { .. } => "unknown",
        Ambiguous { .. } => "ambiguous",
        WrongType { .. } => "wrong_type",
        OutOfRange { .. } => "out_of_range",
        ReadOnly { .. } => "read_only",
        NotTunable { .. } => "not_tunable",
        NotPermitted { .. } => "not_permitted",
        NoInstance { .. } => "no_instance",
        WrongClass { .. } => "wrong_class",
        Gone { .. } => "gone",
        Refused { .. } => "refused",
        Panicked { .. } => "panicked",
        Boot(_) => "boot",
    };
    Failure::new(kind, error.to_string())
}
