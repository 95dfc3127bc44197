//! The errors of sysctls.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::value::Kind;
use crate::error::BootError;
use crate::names;

/// Why a sysctl was not read or set. Its value has not changed.
///
/// ```
/// use vimage::sysctl::{self, Error};
///
/// assert!(matches!(sysctl::get("net.nothing"), Err(Error::Unknown { .. })));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// No variable of a registered module has this name.
    Unknown {
        /// The name.
        name: String,
        /// The closest existing name.
        closest: Option<String>,
    },
    /// Several variables have this name; put the module before it: `module::name`.
    Ambiguous {
        /// The name.
        name: String,
        /// The names that identify each of them, with crate and line.
        candidates: Vec<String>,
    },
    /// The given value does not convert to the type of the variable.
    WrongType {
        /// The name.
        name: String,
        /// The given value.
        given: String,
        /// The kind of the variable.
        expected: Kind,
        /// The type of the variable.
        type_name: &'static str,
        /// The error of the type's `from_str`, if it has a text: see [`by_text!`](super::by_text).
        reason: Option<String>,
    },
    /// The given value is outside of the range of the sysctl, or of the variable's type.
    OutOfRange {
        /// The name.
        name: String,
        /// The given value.
        given: String,
        /// The range, or the type.
        range: &'static str,
    },
    /// It cannot be set.
    ReadOnly {
        /// The name.
        name: String,
        /// It can be set when an instance is created.
        tunable: bool,
    },
    /// It cannot be set when an instance is created.
    NotTunable {
        /// The name.
        name: String,
    },
    /// Only the base instance may set it, which is the default for a shared variable.
    NotPermitted {
        /// The name.
        name: String,
        /// The instance that tried.
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
    /// The creation of the instance has failed, or the module is unregistered.
    Gone {
        /// The name.
        name: String,
    },
    /// The lock of the variable was held for as long as [`View::with_deadline`](super::View::with_deadline) allows to wait.
    Busy {
        /// The name.
        name: String,
    },
    /// The variable or its handler refused.
    Refused {
        /// The name.
        name: String,
        /// The reason.
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

impl Error {
    /// The name of the sysctl, as it was given; `None` if there is no base instance.
    ///
    /// ```
    /// assert_eq!(vimage::sysctl::get("net.nothing").unwrap_err().name(), Some("net.nothing"));
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Unknown { name, .. }
            | Self::Ambiguous { name, .. }
            | Self::WrongType { name, .. }
            | Self::OutOfRange { name, .. }
            | Self::ReadOnly { name, .. }
            | Self::NotTunable { name }
            | Self::NotPermitted { name, .. }
            | Self::NoInstance { name, .. }
            | Self::WrongClass { name, .. }
            | Self::Gone { name }
            | Self::Busy { name }
            | Self::Refused { name, .. }
            | Self::Panicked { name, .. } => Some(name),
            Self::Boot(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, closest } => names::write_unknown(f, "sysctl", name, closest.as_deref()),
            Self::Ambiguous { name, candidates } => names::write_ambiguous(f, name, candidates),
            Self::WrongType { name, given, expected, type_name, reason } => {
                write!(f, "`{name}`: {given:?} is not a valid {type_name}")?;
                if expected.to_string() != *type_name {
                    write!(f, " ({expected})")?;
                }
                reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
            }
            Self::OutOfRange { name, given, range } => write!(f, "`{name}`: {given} is not in the range of {range}"),
            Self::ReadOnly { name, tunable: false } => write!(f, "`{name}` is read-only"),
            Self::ReadOnly { name, tunable: true } => {
                write!(f, "`{name}` can only be set when an instance is created")
            }
            Self::NotTunable { name } => {
                write!(f, "`{name}` cannot be set when an instance is created: it is not `tunable`")
            }
            Self::NotPermitted { name, instance } => {
                write!(f, "`{name}` can only be set from the base instance, not from {instance}")
            }
            Self::NoInstance { name, class } => write!(
                f,
                "`{name}`: no {class} instance is current on this thread; enter one, or name one with \
                 `vimage::sysctl::of(&instance)`"
            ),
            Self::WrongClass { name, class, instance } => {
                write!(f, "`{name}` is a variable of class {class}, not of {instance}")
            }
            Self::Gone { name } => write!(f, "`{name}`: the instance is destroyed, or the module is unregistered"),
            Self::Busy { name } => write!(f, "`{name}` is busy: the program holds its lock"),
            Self::Refused { name, .. } => write!(f, "access to `{name}` was refused"),
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
