//! The requests that clients send, and the replies to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Failure;
use super::page::{Page, Rows};
use super::rows::{self, Show};
use super::target::Target;
use crate::core::Handle;
use crate::error::Chain;
use crate::failure;
use crate::symmap;
use crate::sysctl;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation {
    Instances {
        class: Option<String>,
        #[serde(flatten)]
        page: Page,
    },
    Modules {
        class: Option<String>,
        #[serde(flatten)]
        page: Page,
    },
    List {
        #[serde(default)]
        prefix: String,
        #[serde(default)]
        show: Show,
        #[serde(flatten)]
        page: Page,
        #[serde(flatten)]
        target: Target,
    },
    Get {
        name: String,
        #[serde(flatten)]
        target: Target,
    },
    Set {
        name: String,
        value: Value,
        #[serde(flatten)]
        target: Target,
    },
    Describe {
        name: String,
        #[serde(flatten)]
        target: Target,
    },
    Symbols {
        #[serde(flatten)]
        page: Page,
        #[serde(flatten)]
        target: Target,
    },
}

/// A line from a client, which may be no valid request.
#[derive(Debug)]
pub(super) struct Request {
    id: Option<Value>,
    operation: Result<Operation, Failure>,
}

/// The conditions under which a request is answered.
#[derive(Debug)]
pub(super) struct Terms<'h> {
    pub(super) writable: bool,
    /// Until when it waits for locks of the program.
    pub(super) deadline: Instant,
    /// Takes the handles that are used: dropping one may run hooks, so the caller decides when.
    pub(super) held: &'h mut Vec<Handle>,
}

/// The `ok` of a reply, and the `next` beside it.
type Answer = (Value, Option<Value>);

impl Request {
    pub(super) fn new(line: &[u8]) -> Self {
        let (id, operation) = match serde_json::from_slice::<Value>(line) {
            Ok(value) => (value.get("id").cloned(), serde_json::from_value(value)),
            Err(error) => (None, Err(error)),
        };
        Self { id, operation: operation.map_err(|error| Failure::new("malformed", error.to_string())) }
    }

    /// Returns whether answering runs no code of the program, once the program has booted.
    pub(super) fn is_brief(&self) -> bool {
        match self.operation {
            Ok(
                Operation::Instances { .. }
                | Operation::Modules { .. }
                | Operation::Describe { .. }
                | Operation::Symbols { .. }
                | Operation::List { show: Show::Names | Show::Descriptions, .. },
            )
            | Err(_) => true,
            Ok(Operation::List { .. } | Operation::Get { .. } | Operation::Set { .. }) => false,
        }
    }

    /// The reply.
    pub(super) fn answer(self, terms: Terms<'_>) -> Value {
        let result = self.operation.and_then(|operation| {
            // Handlers and `Display`s of the program may panic.
            catch_unwind(AssertUnwindSafe(|| operation.perform(terms)))
                .unwrap_or_else(|panic| Err(Failure::new("panicked", failure::message(panic))))
        });
        reply(result, self.id)
    }

    /// The reply when the request is not carried out; the syntax error, if it has one.
    pub(super) fn refuse(self, failure: Failure) -> Value {
        reply(Err(self.operation.err().unwrap_or(failure)), self.id)
    }
}

fn reply(result: Result<Answer, Failure>, id: Option<Value>) -> Value {
    let mut reply = match result {
        Ok((value, None)) => json!({ "ok": value }),
        Ok((value, Some(next))) => json!({ "ok": value, "next": next }),
        Err(failure) => json!({ "error": failure }),
    };
    if let Some(id) = id {
        reply["id"] = id;
    }
    reply
}

impl Operation {
    fn perform(self, terms: Terms<'_>) -> Result<Answer, Failure> {
        let Terms { writable, deadline, held } = terms;
        match self {
            Self::Instances { class, page } => Ok(rows(rows::instances(class.as_deref(), &page)?)),
            Self::Modules { class, page } => Ok(rows(rows::modules(class.as_deref(), &page)?)),
            Self::List { prefix, show, page, target } => {
                let instances = target.find(held)?;
                let view = sysctl::of(&instances).with_deadline(deadline);
                Ok(rows(rows::sysctls(view, &prefix, show, &page)?))
            }
            Self::Get { name, target } => {
                let value = sysctl::of(&target.find(held)?).with_deadline(deadline).get(&name)?;
                Ok((json!(value), None))
            }
            Self::Set { .. } if !writable => {
                Err(Failure::new("read_only_server", "this server was not opened for writing"))
            }
            Self::Set { name, value, target } => {
                let value = sysctl_value(value)?;
                let instances = target.find(held)?;
                let view = sysctl::of(&instances).with_deadline(deadline);
                // A value that cannot be read may still have been set: no error.
                let old = view.get(&name);
                view.set(&name, value)?;
                let values = [("old", old), ("new", view.get(&name))];
                let read =
                    values.into_iter().filter_map(|(member, value)| Some((member.to_owned(), json!(value.ok()?))));
                Ok((read.collect(), None))
            }
            Self::Describe { name, target } => Ok((json!(sysctl::of(&target.find(held)?).describe(&name)?), None)),
            Self::Symbols { page, target } => {
                let instances = target.find(held)?;
                let symbols = symmap::symbols(&instances);
                let symbols = symbols.map_err(|error| Failure::new("boot", Chain(&error).to_string()))?;
                Ok(rows(rows::symbols(symbols, &page)?))
            }
        }
    }
}

fn rows(Rows { rows, next }: Rows) -> Answer {
    (Value::Array(rows), next)
}

fn sysctl_value(value: Value) -> Result<sysctl::Value, Failure> {
    match value {
        Value::Bool(value) => Ok(value.into()),
        Value::String(text) => Ok(text.into()),
        Value::Number(number) => {
            let integer = number.as_i64().map(sysctl::Value::from).or_else(|| number.as_u64().map(sysctl::Value::from));
            let value = integer.or_else(|| number.as_f64().map(sysctl::Value::from));
            value.ok_or_else(|| Failure::new("malformed", "this number has too many digits"))
        }
        _ => Err(Failure::new("malformed", "a value is a number, a string, `true` or `false`")),
    }
}
