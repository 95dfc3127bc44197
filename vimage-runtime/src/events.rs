//! Events: each step in the life of an instance, for logs and traces.
//!
//! [`set_subscriber`] sets a function that is called at each step. The package `vimage-tracing` has one that makes them
//! events of the crate `tracing`. While there is no subscriber a step costs one load and one branch.
//!
//! ```
//! # use vimage::prelude::*;
//! use std::sync::Mutex;
//! use vimage::events::{self, Event};
//!
//! static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
//!
//! events::set_subscriber(Some(|event: &Event<'_>| LOG.lock().unwrap().push(event.to_string())));
//! vimage::boot()?;
//! # #[cfg(feature = "vimage")]
//! Vnet::builder().name("red").create()?.destroy()?;
//! # #[cfg(feature = "vimage")]
//! assert!(LOG.lock().unwrap().contains(&r#"destroy: Net#1 "red""#.to_owned()));
//! assert!(LOG.lock().unwrap().contains(&"boot".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The steps
//!
//! | message | when | if it fails | fields |
//! |---|---|---|---|
//! | `boot` | all base instances are attached | `boot failed` | none |
//! | `create` | an instance has its variables, and is to be attached; base instances as well | `create failed` | instance |
//! | `attach` | an attach hook has run | `attach failed` | instance, `module` |
//! | `shutdown` | all quiesce hooks have agreed | `shutdown refused` | instance, `module` if refused |
//! | `detach` | a detach hook has run | `detach panicked` | instance, `module` |
//! | `destroy` | all detach hooks have run, the variables still exist | | instance |
//! | | the `Drop` of a variable has panicked | `drop panicked` | instance, `module` |
//! | `register` | a module is attached to all instances of its class | `register failed` | base instance, `module` |
//! | `unregister` | a module is detached from the base instance, its variables are dropped | `unregister refused` | base instance, `module` |
//!
//! "Instance" means `class`, `id` and `name`. Only failures have an `error`. After `shutdown` an instance may be
//! live again, if [`destroy`](crate::Instance::destroy) finds it busy.
//!
//! # Threads, locks, panics
//!
//! A subscriber runs on the thread that takes the step, under no lock of the runtime: it may use instances. Its panics
//! are ignored, because they must not stop a life half-way; so are panics of the `Display` of an error.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// One step in the life of an instance, or of the program.
///
/// ```
/// use vimage::events::{Event, set_subscriber};
///
/// /// Prints the steps that failed.
/// fn print_failures(event: &Event<'_>) {
///     if let Some(error) = event.error {
///         eprintln!("{}: {error}", event.message);
///     }
/// }
/// set_subscriber(Some(print_failures));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The step, from the [table](self#the-steps).
    pub message: &'static str,
    /// The class of the instance.
    pub class: Option<&'static str>,
    /// The id of the instance.
    pub id: Option<u64>,
    /// The name of the instance, if it has one.
    pub name: Option<&'a str>,
    /// The module whose step it is.
    pub module: Option<&'static str>,
    /// Why the step failed: the error that was returned, or the text of the panic.
    pub error: Option<&'a dyn fmt::Display>,
}

/// `attach failed: Net#3 "red", module foo: no memory`
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)?;
        if let (Some(class), Some(id)) = (self.class, self.id) {
            write!(f, ": {class}#{id}")?;
        }
        self.name.map_or(Ok(()), |name| write!(f, " {name:?}"))?;
        self.module.map_or(Ok(()), |module| write!(f, ", module {module}"))?;
        self.error.map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({self})")
    }
}

/// A function that is called with each event.
///
/// ```
/// let silent: vimage::events::Subscriber = |_event| {};
/// let before = vimage::events::set_subscriber(Some(silent));
/// vimage::events::set_subscriber(before);
/// ```
pub type Subscriber = fn(&Event<'_>);

static SUBSCRIBER: RwLock<Option<Subscriber>> = RwLock::new(None);
/// `true` while there is a subscriber, so that steps take the lock only then.
static IS_SUBSCRIBED: AtomicBool = AtomicBool::new(false);

/// Sets the function that is called with each event, or none; returns the one before, which the new one may call.
///
/// A step that another thread takes at this moment may still reach the one before.
///
/// ```
/// use vimage::events::set_subscriber;
///
/// set_subscriber(Some(|event| println!("{event}")));
/// vimage::boot()?;
/// set_subscriber(None);
/// # Ok::<(), vimage::BootError>(())
/// ```
pub fn set_subscriber(subscriber: Option<Subscriber>) -> Option<Subscriber> {
    let mut current = SUBSCRIBER.write().unwrap_or_else(PoisonError::into_inner);
    IS_SUBSCRIBED.store(subscriber.is_some(), Ordering::Relaxed);
    std::mem::replace(&mut *current, subscriber)
}

#[inline]
pub(crate) fn is_subscribed() -> bool {
    IS_SUBSCRIBED.load(Ordering::Relaxed)
}

#[cold]
pub(crate) fn emit(event: &Event<'_>) {
    // Copied, so that it does not run under the lock: it may set another one.
    let subscriber = *SUBSCRIBER.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(subscriber) = subscriber {
        _ = catch_unwind(AssertUnwindSafe(|| subscriber(event)));
    }
}

/// `event!("create", header)`, `event!("attach", header, module)`: a step of an instance, and of the module where there is
/// one. `event!("attach failed", header, module, error = source)`: what went wrong.
macro_rules! event {
    ($message:literal $(, $header:expr $(, $module:expr)?)? $(,)? $(; error = $error:expr)?) => {
        if $crate::events::is_subscribed() {
            #[allow(unused_mut, reason = "where there are no fields")]
            let mut event = $crate::events::Event::of($message);
            $(
                event.class = Some($header.class.name);
                event.id = Some($header.id);
                event.name = $header.name.as_deref();
                $(event.module = Some($module.name);)?
            )?
            $(event.error = Some(&$error);)?
            $crate::events::emit(&event);
        }
    };
}
pub(crate) use event;

impl Event<'_> {
    pub(crate) const fn of(message: &'static str) -> Self {
        Self { message, class: None, id: None, name: None, module: None, error: None }
    }
}
