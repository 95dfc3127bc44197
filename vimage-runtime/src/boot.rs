//! Boot: once per process, from the collected entries to base instances that are attached.

use std::error::Error;
use std::fmt;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use crate::class::ClassEntry;
use crate::class_state::ClassState;
use crate::instance::{AttachError, create_base};
use crate::order::order;
use crate::registry::{self, Entry};
use crate::vimage::Vimage;

/// Lays out all modules, makes the base instance of each class and runs its attach hooks; returns the base
/// vimage.
///
/// It happens once per process; a later call returns the same. [`Instance::new`](crate::Instance::new),
/// [`Instance::base`](crate::Instance::base) and [`Instance::list`](crate::Instance::list) imply it. Threads that
/// call it meanwhile wait for the one that boots, so that a hook of a base instance must not wait for a thread that
/// does.
///
/// In builds without instances it runs the attach hooks for the process itself.
///
/// # Errors
///
/// [`BootError`] for dependencies that are missing, ambiguous or cyclic, and for an attach hook that failed: then
/// what was attached has been detached. The error is kept, and returned again by each later call.
pub fn boot() -> Result<Vimage, BootError> {
    Vimage::base()
}

/// Why the process has no base instances.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BootError {
    /// The linker dropped registrations, or constructors did not run.
    NotCollected {
        /// One of those that are missing.
        missing: String,
    },
    /// A module depends on a name that no module of its class bears.
    MissingDependency {
        /// The module that depends.
        module: String,
        /// The name it gave.
        dependency: String,
        /// A name that exists and is close.
        closest: Option<String>,
    },
    /// A module depends on a name that several modules of its class bear.
    AmbiguousDependency {
        /// The module that depends.
        module: String,
        /// The name it gave.
        dependency: String,
        /// Who bears it, with crate and line.
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
                "module {module} depends on `{dependency}`, which {} modules bear: {}; name the one you mean by path",
                candidates.len(),
                candidates.join(", ")
            ),
            Self::DependencyCycle { modules } => {
                write!(f, "modules depend on each other in a circle: {}", modules.join(" -> "))
            }
            Self::TooLarge { class } => write!(f, "the variables of class {class} exceed the address space"),
            Self::Attach(error) => write!(f, "the base instance could not be made: {error}"),
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

enum Progress {
    Idle,
    By(ThreadId),
    Over,
}

static PROGRESS: Mutex<Progress> = Mutex::new(Progress::Idle);
static OVER: Condvar = Condvar::new();
static OUTCOME: OnceLock<Result<(), BootError>> = OnceLock::new();
static CLASSES: OnceLock<Vec<&'static ClassEntry>> = OnceLock::new();

/// Boots if that has not happened yet. Inside a hook of boot itself it is enough that the instances exist.
pub(crate) fn ensure() -> Result<(), BootError> {
    match OUTCOME.get() {
        Some(outcome) => outcome.clone(),
        None => ensure_slowly(),
    }
}

/// As [`ensure`], for what a hook of boot must not do.
pub(crate) fn ensure_over() -> Result<(), BootError> {
    ensure()?;
    if OUTCOME.get().is_some() { Ok(()) } else { Err(BootError::InProgress) }
}

#[cold]
fn ensure_slowly() -> Result<(), BootError> {
    let me = thread::current().id();
    let mut progress = PROGRESS.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match *progress {
            Progress::Idle => break,
            Progress::By(thread) if thread == me => return Ok(()),
            Progress::By(_) => progress = OVER.wait(progress).unwrap_or_else(PoisonError::into_inner),
            Progress::Over => return OUTCOME.get().expect("set before boot is over").clone(),
        }
    }
    *progress = Progress::By(me);
    drop(progress);

    let outcome = run(&registry::collected());
    match &outcome {
        Ok(()) => crate::events::event!("boot"),
        Err(error) => crate::events::event!("boot failed"; error = error),
    }
    let outcome = OUTCOME.get_or_init(|| outcome).clone();
    *PROGRESS.lock().unwrap_or_else(PoisonError::into_inner) = Progress::Over;
    OVER.notify_all();
    outcome
}

fn run(entries: &[Entry]) -> Result<(), BootError> {
    if let Some(missing) = registry::missing(entries) {
        return Err(BootError::NotCollected { missing });
    }
    let states = order(entries)?
        .into_iter()
        .map(|ordered| Ok((ordered.class, ClassState::lay_out(ordered)?)))
        .collect::<Result<Vec<_>, BootError>>()?;
    let classes: Vec<_> = states.iter().map(|(class, _)| *class).collect();
    for (class, state) in states {
        for (part, offset) in &state.parts {
            // SAFETY: all instances are made later, with this layout, in which offsets come after a header.
            unsafe { part.publish(*offset) };
        }
        class.state.set(state).expect("boot runs once");
    }
    CLASSES.set(classes).expect("boot runs once");

    for class in self::classes() {
        let state = class.laid_out();
        state.set_base(create_base(class, state));
    }
    attach_bases()
}

/// Attaches the base instances, class by class. If one fails, those before it are detached again.
fn attach_bases() -> Result<(), BootError> {
    for (index, class) in classes().iter().enumerate() {
        let state = class.laid_out();
        if let Err(error) = crate::instance::attach(state.base_handle(), &crate::Arguments::default()) {
            for class in classes()[..index].iter().rev() {
                let state = class.laid_out();
                crate::failure::report(crate::instance::detach_all(state.base_handle()));
            }
            return Err(BootError::Attach(error));
        }
    }
    Ok(())
}

/// All classes, once they are laid out.
pub(crate) fn classes() -> &'static [&'static ClassEntry] {
    CLASSES.get().map_or(&[], Vec::as_slice)
}
