//! Why modules do not come or go.

use std::error::Error;
use std::fmt;

use crate::boot::BootError;
use crate::instance::AttachError;

/// Why a module was not registered or unregistered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RegisterError {
    /// There are no instances to attach it to, or not yet.
    Boot(BootError),
    /// Another registration is under way, perhaps in a caller of this hook.
    Busy,
    /// No module of this name waits to be registered, or several do.
    Unknown {
        /// The name.
        name: String,
        /// Who bears it, with crate and line.
        candidates: Vec<String>,
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
    /// Its variables do not fit into what is left of the reserve.
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
    /// It cannot be unregistered, because something uses it.
    InUse {
        /// The module.
        module: String,
        /// What uses it.
        by: String,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(error) => error.fmt(f),
            Self::Busy => f.write_str("another module is being registered just now"),
            Self::Unknown { name, candidates } if candidates.is_empty() => write!(
                f,
                "no module named `{name}` waits to be registered; it must be declared with `register = \"manual\"`, or \
                 come with a library that was loaded after boot"
            ),
            Self::Unknown { name, candidates } => {
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
                "module {module} needs {needed} bytes of each instance, but {left} are left in the reserve; make it \
                 larger with `vimage::module::set_reserve` before boot"
            ),
            Self::Alignment { module, align, most } => {
                write!(
                    f,
                    "module {module} has a variable aligned to {align} bytes, but instances are aligned to {most}"
                )
            }
            Self::Attach(error) => error.fmt(f),
            Self::InUse { module, by } => write!(f, "module `{module}` cannot be unregistered: {by} uses it"),
        }
    }
}

impl Error for RegisterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Boot(error) => error.source(),
            Self::Attach(error) => error.source(),
            _ => None,
        }
    }
}
