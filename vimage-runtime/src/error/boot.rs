//! Why the process has no base instances.

use std::error::Error;
use std::fmt;

use super::AttachError;

/// Why the process has no base instances.
///
/// ```standalone_crate
/// #[vimage::module(depends_on = "cahce")]
/// mod server {}
/// #[vimage::module]
/// mod cache {}
///
/// let error = vimage::boot().unwrap_err();
/// let vimage::BootError::MissingDependency { closest, .. } = error else { panic!("{error}") };
/// assert_eq!(closest.as_deref(), Some("cache"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BootError {
    /// The linker dropped registrations, or constructors did not run.
    NotCollected {
        /// One of those that are missing.
        missing: String,
    },
    /// A module depends on a name that no module of its class has.
    MissingDependency {
        /// The module that depends.
        module: String,
        /// The name it gave.
        dependency: String,
        /// A name that exists and is close.
        closest: Option<String>,
    },
    /// A module depends on a name that several modules of its class have.
    AmbiguousDependency {
        /// The module that depends.
        module: String,
        /// The name it gave.
        dependency: String,
        /// The modules of this name, with crate and line.
        candidates: Vec<String>,
    },
    /// Modules depend on each other in a circle.
    DependencyCycle {
        /// All of them; the last one is the first.
        modules: Vec<String>,
    },
    /// The variables of a class do not fit into the address space.
    TooLarge {
        /// The class.
        class: &'static str,
    },
    /// An attach hook of a base instance failed.
    Attach(AttachError),
    /// A hook of a base instance tried what needs boot to be over.
    InProgress,
    /// The options of boot came when it was over, or under way.
    AlreadyBooted,
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCollected { missing } => write!(
                f,
                "{missing} was not collected, although it is linked: the linker dropped its section, or its constructor \
                 did not run; try the other one of the features `linkme` and `inventory`"
            ),
            Self::MissingDependency { module, dependency, closest } => {
                write!(f, "module {module} depends on `{dependency}`, but no such module is linked into the program")?;
                match closest {
                    Some(closest) => write!(f, "; did you mean `{closest}`?"),
                    None => write!(
                        f,
                        "; a crate that nothing refers to is not linked: name the dependency by path, or add `use its_crate as _;`"
                    ),
                }
            }
            Self::AmbiguousDependency { module, dependency, candidates } => write!(
                f,
                "module {module} depends on `{dependency}`, which is the name of {} modules: {}; name the one you mean by path",
                candidates.len(),
                candidates.join(", ")
            ),
            Self::DependencyCycle { modules } => {
                write!(f, "modules depend on each other in a circle: {}", modules.join(" -> "))
            }
            Self::TooLarge { class } => write!(f, "the variables of class {class} exceed the address space"),
            Self::Attach(_) => f.write_str("a base instance could not be made"),
            Self::AlreadyBooted => f.write_str("the process has booted already: the options of boot came too late"),
            Self::InProgress => {
                f.write_str("an attach hook of a base instance tried to make an instance before boot was over")
            }
        }
    }
}

impl Error for BootError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Attach(error) => Some(error),
            _ => None,
        }
    }
}
