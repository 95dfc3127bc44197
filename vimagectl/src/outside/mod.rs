//! Answers from the memory of a process or a core file, in the words of the server: the same rows, the same errors.

pub(crate) mod rows;

use std::path::Path;

use serde_json::{Value, json};
use vimage_inspect::{Core, Instance, Look, NameError, Process};

use crate::arguments::Arguments;
use crate::client::Error;

/// A program whose memory is read.
#[derive(Debug)]
pub(crate) enum Outside {
    Process(Process),
    Core(Core),
}

impl Outside {
    /// `None` if the arguments name neither a process nor a core file.
    pub(crate) fn open(arguments: &Arguments) -> Result<Option<Self>, Error> {
        let opened = match (arguments.pid, &arguments.core) {
            (Some(pid), _) => Process::open(pid).map(Self::Process),
            (None, Some(core)) => Core::open(core, arguments.program.as_deref()).map(Self::Core),
            (None, None) => return Ok(None),
        };
        opened.map(Some).map_err(Error::Outside)
    }

    /// A core file, or a process: `1234`, or `core.1234`.
    pub(crate) fn named(name: &str, program: Option<&Path>) -> Result<Self, Error> {
        let opened = match name.parse() {
            Ok(pid) => Process::open(pid).map(Self::Process),
            Err(_) => Core::open(name.as_ref(), program).map(Self::Core),
        };
        opened.map_err(Error::Outside)
    }

    pub(crate) fn look(&self) -> Result<Look<'_>, Error> {
        let look = match self {
            Self::Process(process) => process.look(),
            Self::Core(core) => core.look(),
        };
        look.map_err(Error::Outside)
    }

    /// All rows of a request for rows.
    pub(crate) fn rows(&self, request: &Value) -> Result<Vec<Value>, Error> {
        match self.ask(request)? {
            Value::Array(rows) => Ok(rows),
            other => Err(Error::Protocol(other.to_string())),
        }
    }

    pub(crate) fn ask(&self, request: &Value) -> Result<Value, Error> {
        let look = self.look()?;
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        let class = request["class"].as_str().map(|class| look.class_named(class)).transpose().map_err(refused)?;
        let target = || targets(&look, request, class);
        let answer = match text("op") {
            "instances" => json!(rows::instances(&look, class)),
            "modules" => json!(rows::modules(&look, class)),
            "symbols" => json!(rows::symbols(&look, &target()?)),
            "list" => json!(rows::sysctls(&look, text("prefix"), text("show"), &target()?)),
            "describe" => rows::description(&look, &look.sysctl_named(text("name"), &target()?).map_err(refused)?),
            "get" => {
                let instances = target()?;
                let named = look.sysctl_named(text("name"), &instances).map_err(refused)?;
                rows::value(&look, named.sysctl, text("name"), &instances)
                    .map_err(|failure| Error::Refused { kind: failure.kind.to_owned(), message: failure.message })?
            }
            _ => {
                return Err(Error::Refused {
                    kind: "read_only".to_owned(),
                    message: "a process is only read from outside: set sysctls through its socket".to_owned(),
                });
            }
        };
        Ok(answer)
    }
}

/// The instances that a request is about.
pub(crate) fn asked<'l>(look: &'l Look<'_>, request: &Value) -> Result<Vec<&'l Instance>, Error> {
    let class = request["class"].as_str().map(|class| look.class_named(class)).transpose().map_err(refused)?;
    targets(look, request, class)
}

fn targets<'l>(look: &'l Look<'_>, request: &Value, class: Option<usize>) -> Result<Vec<&'l Instance>, Error> {
    let name = match &request["instance"] {
        Value::Null => None,
        Value::String(name) => Some(name.clone()),
        id => Some(id.to_string()),
    };
    look.instances_named(name.as_deref(), class).map_err(refused)
}

fn refused(error: NameError) -> Error {
    let kind = match error {
        NameError::Unknown { .. } => "unknown",
        NameError::WrongClass { .. } => "wrong_class",
        NameError::UnknownClass { .. } => "unknown_class",
        NameError::NoInstance => "no_instance",
        _ => "ambiguous",
    };
    Error::Refused { kind: kind.to_owned(), message: error.to_string() }
}
