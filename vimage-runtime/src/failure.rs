//! What goes wrong where nobody can be told by a `Result`.

use std::any::Any;
use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::instance::Refusal;
use crate::module::ModuleEntry;

/// Something that went wrong while an instance was torn down; the teardown went on all the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TeardownFailure {
    /// The instance: `Net#3 "red"`. Empty for a thread's value of a virtualized `thread_local!`.
    pub instance: String,
    /// The module whose hook or variable it was; `None` for what was lent or linked.
    pub module: Option<&'static str>,
    /// The variable whose `Drop` it was: `V_FOO`. `None` for a hook, and for the values of a thread that has ended.
    pub variable: Option<&'static str>,
    /// What the hook or the panic said.
    pub message: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Refused,
    DetachPanicked,
    DropPanicked,
    ThreadLocalPanicked,
    CompanionPanicked,
}

impl TeardownFailure {
    pub(crate) fn in_hook(instance: String, module: &'static ModuleEntry, message: String) -> Self {
        Self { instance, module: Some(module.name), variable: None, message, kind: Kind::DetachPanicked }
    }

    pub(crate) fn in_drop(instance: String, module: &ModuleEntry, variable: &'static str, message: String) -> Self {
        Self { instance, module: Some(module.name), variable: Some(variable), message, kind: Kind::DropPanicked }
    }

    /// The value of a `#[virtualized] thread_local!`, which does not know its instance.
    pub(crate) fn in_thread_local(message: String) -> Self {
        Self { instance: String::new(), module: None, variable: None, message, kind: Kind::ThreadLocalPanicked }
    }

    /// Something that was in the instance and not of it: an end of a link, a value lent to it.
    pub(crate) fn in_companion(instance: String, message: String) -> Self {
        Self { instance, module: None, variable: None, message, kind: Kind::CompanionPanicked }
    }

    /// The last handle was dropped all the same, so that nobody is left to keep the instance.
    pub(crate) fn refused(instance: String, refusal: Refusal) -> Self {
        let Refusal { module, source } = refusal;
        // Its `Display` and its `Drop` are user code, and the instance has to end all the same.
        let text = catch_unwind(AssertUnwindSafe(move || source.to_string()));
        let message = text.unwrap_or_else(message);
        Self { instance, module: Some(module.name), variable: None, message, kind: Kind::Refused }
    }
}

impl fmt::Display for TeardownFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instance, module, variable, message, kind } = self;
        let module = module.unwrap_or_default();
        let variable = variable.unwrap_or_default();
        match kind {
            Kind::Refused => write!(f, "{instance} went although module `{module}` refused: {message}"),
            Kind::DetachPanicked => write!(f, "{instance}: the detach hook of module `{module}` panicked: {message}"),
            Kind::ThreadLocalPanicked => {
                write!(f, "dropping a thread's value of a virtualized thread-local panicked: {message}")
            }
            Kind::CompanionPanicked => {
                write!(f, "{instance}: what was lent or linked to it panicked when it was let go: {message}")
            }
            Kind::DropPanicked => {
                write!(f, "{instance}: dropping `{variable}` of module `{module}` panicked: {message}")
            }
        }
    }
}

type Handler = dyn Fn(&TeardownFailure) + Send + Sync;

static HANDLER: Mutex<Option<Arc<Handler>>> = Mutex::new(None);

/// Sets what is told of failures when the last handle to an instance is dropped, instead of
/// [`destroy`](crate::Instance::destroy), which returns them. Without it they go to stderr.
///
/// The handler runs on the thread that dropped the handle; if it panics, the panic goes to stderr.
pub fn set_failure_handler(handler: impl Fn(&TeardownFailure) + Send + Sync + 'static) {
    let before = HANDLER.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::new(handler));
    // Not under the lock: what it owns is user code, down to the last handle of an instance.
    drop(before);
}

pub(crate) fn report(failures: Vec<TeardownFailure>) {
    if failures.is_empty() {
        return;
    }
    // Not called under the lock: it may set another handler, or drop handles itself.
    let handler = HANDLER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for failure in failures {
        match &handler {
            Some(handler) => {
                // This runs in a `Drop`, perhaps while a panic unwinds: a second panic would abort.
                let told = catch_unwind(AssertUnwindSafe(|| handler(&failure)));
                if let Err(panic) = told {
                    warn(format_args!("the failure handler panicked ({}) at: {failure}", message(panic)));
                }
            }
            None => warn(format_args!("{failure}")),
        }
    }
}

/// Tells people on stderr. Not `eprintln!`, which panics where nobody listens any more.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    _ = writeln!(std::io::stderr(), "vimage: {message}");
}

/// The text of a panic.
pub(crate) fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(panic) => {
                // Its `Drop` is user code as well, and we are cleaning up.
                std::mem::forget(panic);
                "(a panic without a text)".to_owned()
            }
        },
    }
}
