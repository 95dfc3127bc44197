//! Failures while an instance is torn down.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A failure while an instance was torn down. The teardown went on.
///
/// ```standalone_crate
/// use vimage::VimageDestroyError;
/// use vimage::prelude::*;
///
/// #[vimage::module]
/// mod server {
///     use vimage::prelude::*;
///
///     #[detach]
///     fn stop() {
///         panic!("connections are open");
///     }
/// }
///
/// # #[cfg(feature = "vimage")] {
/// let red = Vimage::new()?;
/// let Err(VimageDestroyError::Panicked(failures)) = red.destroy() else { panic!("the hook panics") };
/// assert_eq!(failures[0].module, Some("server"));
/// assert_eq!(failures[0].message, "connections are open");
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TeardownFailure {
    /// The instance: `Net#3 "red"`. Empty for a thread's value of a virtualized `thread_local!`.
    pub instance: String,
    /// The module of the hook or variable; `None` for lent values and links.
    pub module: Option<&'static str>,
    /// The variable that was dropped: `V_FOO`. `None` for a hook, and for the values of a thread that has ended.
    pub variable: Option<&'static str>,
    /// The text of the error or of the panic.
    pub message: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Refused,
    DetachPanicked,
    DropPanicked,
    ThreadLocalPanicked,
    ObserverPanicked,
}

impl TeardownFailure {
    pub(crate) fn in_hook(instance: String, module: &'static str, message: String) -> Self {
        Self { instance, module: Some(module), variable: None, message, kind: Kind::DetachPanicked }
    }

    pub(crate) fn in_drop(instance: String, module: &'static str, variable: &'static str, message: String) -> Self {
        Self { instance, module: Some(module), variable: Some(variable), message, kind: Kind::DropPanicked }
    }

    /// The value of a `#[virtualized] thread_local!`, which does not know its instance.
    pub(crate) fn in_thread_local(message: String) -> Self {
        Self { instance: String::new(), module: None, variable: None, message, kind: Kind::ThreadLocalPanicked }
    }

    /// Something that was in the instance and not of it: an end of a link, a value lent to it.
    pub(crate) fn in_observer(instance: String, message: String) -> Self {
        Self { instance, module: None, variable: None, message, kind: Kind::ObserverPanicked }
    }

    /// A module refused, but the last handle was dropped, so that the instance is destroyed.
    pub(crate) fn refused(instance: String, module: &'static str, source: Arc<dyn Error + Send + Sync>) -> Self {
        // Its `Display` and its `Drop` are user code, and the instance has to end all the same.
        let text = catch_unwind(AssertUnwindSafe(move || source.to_string()));
        let message = text.unwrap_or_else(message);
        Self { instance, module: Some(module), variable: None, message, kind: Kind::Refused }
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
            Kind::ObserverPanicked => {
                write!(f, "{instance}: a value lent to it, or a link, panicked when it was released: {message}")
            }
            Kind::DropPanicked => {
                write!(f, "{instance}: dropping `{variable}` of module `{module}` panicked: {message}")
            }
        }
    }
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
