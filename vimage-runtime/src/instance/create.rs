//! How instances are made: initialize all, attach in order, or take everything back.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::header::{Handle, Header, State};
use super::{Instance, block, teardown, tree};
use crate::arguments::Arguments;
use crate::boot::{self, BootError, ClassState};
use crate::class::{Class, ClassEntry};
use crate::context;
use crate::failure::{self, TeardownFailure};
use crate::module::BoxError;

/// Makes an instance; from [`Instance::builder`].
#[must_use = "nothing is made before `create`"]
#[derive(Debug)]
pub struct Builder<C: Class> {
    name: Option<Box<str>>,
    arguments: Arguments,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> Default for Builder<C> {
    fn default() -> Self {
        Self { name: None, arguments: Arguments::default(), class: PhantomData }
    }
}

impl<C: Class> Builder<C> {
    /// A name for people to read.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A value for attach hooks, which find it by its type in their [`Arguments`]. A second one of the same type
    /// replaces the first.
    pub fn arg<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.arguments.insert(value);
        self
    }

    /// Makes the instance: initializes the variables of all modules, then runs the attach hooks, dependencies
    /// first, with the new instance as the current one of its class and the caller's contexts in all others. No
    /// lock of the runtime is held meanwhile. It boots if that has not happened yet.
    ///
    /// Its parent is the instance that is current in the caller, the base instance if there is none.
    ///
    /// # Errors
    ///
    /// [`CreateError::NotVirtualized`] in builds without instances; [`CreateError::Boot`] if boot fails or has
    /// failed, or in an attach hook of a base instance; [`CreateError::Attach`] if an attach hook fails or panics:
    /// the modules attached before it are then detached in reverse order.
    pub fn create(self) -> Result<Instance<C>, CreateError> {
        if !cfg!(feature = "vimage") {
            return Err(CreateError::NotVirtualized);
        }
        boot::ensure_over().map_err(CreateError::Boot)?;
        let class = C::ENTRY;
        let state = class.state.get().expect("boot lays out every class");
        // SAFETY: whoever made the context keeps the instance alive while this thread is in it.
        let parent = context::current(class).map_or(tree::BASE, |header| unsafe { header.as_ref() }.id);
        let handle = add(class, state, parent, self.name);
        match attach(&handle, &self.arguments) {
            Ok(()) => Ok(Instance::from_handle(handle)),
            Err(error) => Err(CreateError::Attach(error)),
        }
    }
}

/// Makes the base instance of a class; its attach hooks are still to run.
pub(crate) fn create_base(class: &'static ClassEntry, state: &ClassState) -> Handle {
    add(class, state, tree::BASE, None)
}

/// Makes the memory of an instance and enters it into the tree.
fn add(class: &'static ClassEntry, state: &ClassState, parent: u64, name: Option<Box<str>>) -> Handle {
    let id = state.tree().new_id();
    let header = block::allocate(state, Header::new(class, id, name));
    state.tree().insert(id, parent, header);
    // SAFETY: a new header counts one handle, this one.
    unsafe { Handle::from_counted(header) }
}

/// Runs the attach hooks, then the instance is live. If one fails, those before it are undone and the instance
/// is as good as gone.
pub(crate) fn attach(handle: &Handle, arguments: &Arguments) -> Result<(), AttachError> {
    let header = handle.header();
    let state = header.class.state.get().expect("an instance's class is laid out");
    let hooks = state.modules.iter().enumerate().filter_map(|(index, module)| Some((index, module.attach?)));
    let failed = context::enter_entry(header.class, handle.as_ptr(), || {
        hooks.into_iter().find_map(|(index, hook)| {
            let error = match catch_unwind(AssertUnwindSafe(|| hook(arguments))) {
                Ok(Ok(())) => return None,
                Ok(Err(error)) => error,
                Err(panic) => BoxError::from(format!("panicked: {}", failure::message(panic))),
            };
            Some((index, error))
        })
    });
    let Some((index, error)) = failed else {
        header.set_state(State::Live);
        return Ok(());
    };
    failure::report(teardown::detach(handle.as_ptr(), state.modules[..index].iter().rev()));
    header.set_state(State::Gone);
    let module = state.modules[index].entry;
    Err(AttachError { instance: header.label(), module: module.name, source: Arc::from(error) })
}

/// Undoes [`attach`] of an instance that stays in memory.
pub(crate) fn detach_all(handle: &Handle) -> Vec<TeardownFailure> {
    let state = handle.header().class.state.get().expect("an instance's class is laid out");
    let failures = teardown::detach(handle.as_ptr(), state.modules.iter().rev());
    handle.header().set_state(State::Gone);
    failures
}

/// Why an instance could not be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// This build has no instances but the base one.
    NotVirtualized,
    /// There is no base instance, or not yet.
    Boot(BootError),
    /// A module did not attach.
    Attach(AttachError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVirtualized => f.write_str(
                "this program is built without instances: enable the feature `vimage` of the crate `vimage-runtime`",
            ),
            Self::Boot(error) => error.fmt(f),
            Self::Attach(error) => error.fmt(f),
        }
    }
}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotVirtualized => None,
            Self::Boot(error) => error.source(),
            Self::Attach(error) => error.source(),
        }
    }
}

/// An attach hook that failed or panicked; what was attached before it has been detached.
#[derive(Clone, Debug)]
pub struct AttachError {
    instance: String,
    module: &'static str,
    source: Arc<dyn Error + Send + Sync>,
}

impl AttachError {
    /// The module whose hook it was.
    #[must_use]
    pub fn module(&self) -> &str {
        self.module
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module `{}` did not attach to {}: {}", self.module, self.instance, self.source)
    }
}

impl Error for AttachError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
