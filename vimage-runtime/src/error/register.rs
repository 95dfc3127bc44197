//! Why modules do not come or go.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::{AttachError, BootError};

/// Why a module was not registered or unregistered.
///
/// ```
/// let error = vimage::module::register("no_such_module").unwrap_err();
/// assert!(matches!(error, vimage::module::RegisterError::Unknown { .. }));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RegisterError {
    /// There are no instances to attach it to, or not yet.
    Boot(BootError),
    /// Another registration is under way, perhaps in a caller of this hook.
    Busy,
    /// There is no module of this name.
    Unknown {
        /// The name.
        name: String,
        /// A name that exists and is close.
        closest: Option<String>,
    },
    /// Several modules of this name wait to be registered.
    Ambiguous {
        /// The name.
        name: String,
        /// The modules of this name, with crate and line.
        candidates: Vec<String>,
    },
    /// It is not registered, so it cannot be unregistered.
    NotRegistered {
        /// The name.
        name: String,
    },
    /// It came at boot, and stays: only modules with `register = "manual"` can be unregistered.
    AtBoot {
        /// The name.
        name: String,
    },
    /// It is registered already.
    Registered {
        /// The name.
        name: String,
    },
    /// Its class was declared in a library that was loaded after boot.
    UnknownClass {
        /// The class.
        class: &'static str,
    },
    /// A module that it depends on is not registered.
    MissingDependency {
        /// The module that depends.
        module: String,
        /// The name it gave.
        dependency: String,
    },
    /// Its variables do not fit into the rest of the reserve.
    Reserve {
        /// The module.
        module: String,
        /// How many bytes it needs, with padding.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// One of its variables wants a larger alignment than instances have.
    Alignment {
        /// The module.
        module: String,
        /// In bytes.
        align: usize,
        /// The alignment of instances, in bytes.
        most: usize,
    },
    /// Its attach hook failed in one instance; it has been detached from all the others.
    Attach(AttachError),
    /// Its quiesce hook refused in the base instance, or panicked; the module is registered as before.
    Refused {
        /// The module.
        module: &'static str,
        /// The error that it returned, or the text of its panic.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// It cannot be unregistered, because something uses it.
    InUse {
        /// The module.
        module: String,
        /// The instance or module that uses it.
        by: String,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(error) => error.fmt(f),
            Self::Busy => f.write_str("another module is being registered just now"),
            Self::Unknown { name, closest } => {
                write!(f, "no module named `{name}` is linked into the program or loaded")?;
                closest.as_ref().map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
            }
            Self::NotRegistered { name } => write!(f, "module `{name}` is not registered"),
            Self::AtBoot { name } => write!(
                f,
                "module `{name}` came at boot, and stays; only modules with `register = \"manual\"` can be unregistered"
            ),
            Self::Ambiguous { name, candidates } => {
                write!(f, "`{name}` may be any of {}; give the Rust path", candidates.join(", "))
            }
            Self::Registered { name } => write!(f, "module `{name}` is registered already"),
            Self::UnknownClass { class } => {
                write!(f, "the class {class} was not linked into the program at boot, so that it has no instances")
            }
            Self::MissingDependency { module, dependency } => {
                write!(f, "module {module} depends on `{dependency}`, which is not registered")
            }
            Self::Reserve { module, needed, left } => write!(
                f,
                "module {module} needs {needed} bytes of each instance, but {left} are left in the reserve, in \
                 which registrations that failed keep their place; make it larger with `vimage::BootOptions::reserve`"
            ),
            Self::Alignment { module, align, most } => {
                write!(
                    f,
                    "module {module} has a variable aligned to {align} bytes, but instances are aligned to {most}"
                )
            }
            Self::Attach(error) => error.fmt(f),
            Self::Refused { module, .. } => write!(f, "module `{module}` refused"),
            Self::InUse { module, by } => write!(f, "module `{module}` cannot be unregistered: {by} uses it"),
        }
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Boot(error) => error.source(),
            Self::Attach(error) => error.source(),
            Self::Refused { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
