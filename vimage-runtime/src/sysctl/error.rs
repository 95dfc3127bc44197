//! What can be wrong with a name or a value.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::value::Kind;
use crate::error::BootError;
use crate::names;

/// Why a sysctl was not read or set. Nothing has changed then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// No variable of a registered module bears this name.
    Unknown {
        /// The name.
        name: String,
        /// A name that exists and is close.
        closest: Option<String>,
    },
    /// Several variables bear this name; write the module before it: `module::name`.
    Ambiguous {
        /// The name.
        name: String,
        /// Who bears it, with crate and line.
        candidates: Vec<String>,
    },
    /// What was given cannot be read as what the variable holds.
    WrongType {
        /// The name.
        name: String,
        /// What was given.
        given: String,
        /// What it holds.
        expected: Kind,
        /// Its type.
        type_name: &'static str,
        /// What the type says about it, if it says anything: see [`by_text!`](super::by_text).
        reason: Option<String>,
    },
    /// It is not in the range of the sysctl, or of the variable's type.
    OutOfRange {
        /// The name.
        name: String,
        /// What was given.
        given: String,
        /// The range, or the type.
        range: &'static str,
    },
    /// It cannot be set.
    ReadOnly {
        /// The name.
        name: String,
        /// It can be, when an instance is created.
        tunable: bool,
    },
    /// It cannot be given when an instance is created.
    NotTunable {
        /// The name.
        name: String,
    },
    /// Only the base instance may set it; for a shared variable that is the default.
    NotPermitted {
        /// The name.
        name: String,
        /// From where it was tried.
        instance: String,
    },
    /// No instance of the variable's class is current.
    NoInstance {
        /// The name.
        name: String,
        /// The class.
        class: &'static str,
    },
    /// The variable is of another class than the instance.
    WrongClass {
        /// The name.
        name: String,
        /// The class of the variable.
        class: &'static str,
        /// The instance.
        instance: String,
    },
    /// The creation of the instance has failed, or its module has been taken back.
    Gone {
        /// The name.
        name: String,
    },
    /// The variable's lock was held for as long as [`View::with_deadline`](super::View::with_deadline) allows to wait.
    Busy {
        /// The name.
        name: String,
    },
    /// The variable, or its handler, did not want it.
    Refused {
        /// The name.
        name: String,
        /// Why.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The handler, or the variable's type, panicked.
    Panicked {
        /// The name.
        name: String,
        /// The text of the panic.
        message: String,
    },
    /// There is no base instance.
    Boot(BootError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, closest } => names::write_unknown(f, "sysctl", name, closest.as_deref()),
            Self::Ambiguous { name, candidates } => names::write_ambiguous(f, name, candidates),
            Self::WrongType { name, given, expected, type_name, reason } => {
                write!(f, "`{name}` holds {expected} ({type_name}), and {given:?} is none")?;
                reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
            }
            Self::OutOfRange { name, given, range } => write!(f, "`{name}`: {given} is not in the range of {range}"),
            Self::ReadOnly { name, tunable: false } => write!(f, "`{name}` is read-only"),
            Self::ReadOnly { name, tunable: true } => {
                write!(f, "`{name}` can be set when an instance is created, and not later")
            }
            Self::NotTunable { name } => {
                write!(f, "`{name}` is not tunable: it cannot be set when an instance is created")
            }
            Self::NotPermitted { name, instance } => {
                write!(f, "`{name}` may be set from the base instance only, and not from {instance}")
            }
            Self::NoInstance { name, class } => write!(
                f,
                "`{name}`: no {class} instance is current on this thread; enter one, or name one with \
                 `vimage::sysctl::of(&instance)`"
            ),
            Self::WrongClass { name, class, instance } => {
                write!(f, "`{name}` is a variable of class {class}, which {instance} is not of")
            }
            Self::Gone { name } => write!(f, "`{name}`: the instance is gone, or its module"),
            Self::Busy { name } => write!(f, "`{name}` is in use: the program holds its lock"),
            Self::Refused { name, source } => write!(f, "`{name}`: {source}"),
            Self::Panicked { name, message } => write!(f, "`{name}`: panicked: {message}"),
            Self::Boot(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(&**source),
            Self::Boot(error) => error.source(),
            _ => None,
        }
    }
}
