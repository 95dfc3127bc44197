//! Failures that no `Result` can return.

use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::error::TeardownFailure;
pub(crate) use crate::error::message;

type Handler = dyn Fn(&TeardownFailure) + Send + Sync;

static HANDLER: Mutex<Option<Arc<Handler>>> = Mutex::new(None);

/// Sets the function that is called with failures of the drop of the last handle of an instance;
/// [`destroy`](crate::Instance::destroy) returns its failures instead. Without a handler failures are printed to stderr.
///
/// The handler runs on the thread that dropped the handle. If it panics, the panic is printed to stderr.
///
/// ```
/// vimage::set_failure_handler(|failure| eprintln!("while an instance was destroyed: {failure}"));
/// ```
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
                let handled = catch_unwind(AssertUnwindSafe(|| handler(&failure)));
                if let Err(panic) = handled {
                    warn(format_args!("the failure handler panicked ({}) at: {failure}", message(panic)));
                }
            }
            None => warn(format_args!("{failure}")),
        }
    }
}

/// Prints to stderr. Not `eprintln!`, which panics if stderr is closed.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    _ = writeln!(std::io::stderr(), "vimage: {message}");
}
