//! How instances are made: initialize all, attach in order, or take everything back.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::handle::Handle;
use super::header::{Header, Phase};
use super::teardown::detach_module;
use super::{Instance, block, teardown, tree};
use crate::arguments::Arguments;
use crate::boot::{self, BootError};
use crate::class::{Class, ClassEntry};
use crate::class_state::ClassState;
use crate::context;
use crate::failure::{self, TeardownFailure};
use crate::module::BoxError;
use crate::order::LinkedModule;
use crate::sysctl::{self, Value};

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

    /// Sets a sysctl of the new instance, before its attach hooks run. It has to be `tunable`; the value may be text.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// #[vnet_module]
    /// mod loif {
    ///     use std::sync::atomic::AtomicU32;
    ///     use vimage::prelude::*;
    ///
    ///     #[virtualized(sysctl("net.loif.mode", rw, tunable, range = 0..=3))]
    ///     static LOIF_MODE: AtomicU32 = AtomicU32::new(0);
    /// }
    ///
    /// if let Ok(red) = Vnet::builder().sysctl("net.loif.mode", 3).create() {
    ///     assert_eq!(vimage::sysctl::of(&red).get_as::<u32>("net.loif.mode")?, 3);
    /// }
    /// # Ok::<(), vimage::sysctl::Error>(())
    /// ```
    pub fn sysctl(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.arguments.tunables.push((name.into(), value.into()));
        self
    }

    /// Makes the instance: initializes the variables of all modules, then runs the attach hooks, dependencies
    /// first, with the new instance as the current one of its class and the caller's contexts in all others. No
    /// lock of the runtime is held meanwhile. It boots if that has not happened yet.
    ///
    /// Its parent is the instance that is current in the caller, the base instance if there is none.
    ///
    /// It costs one allocation, copying the initial bytes of all variables, and the hooks; the lock of the class is taken
    /// for a moment. It does not matter how many instances there are.
    ///
    /// # Errors
    ///
    /// [`CreateError::NotVirtualized`] in builds without instances; [`CreateError::Boot`] if boot fails or has
    /// failed, or in an attach hook of a base instance; [`CreateError::Attach`] if an attach hook fails or panics:
    /// the modules attached before it are then detached in reverse order. [`CreateError::Sysctl`] if one that was given
    /// is not there, is not tunable or does not take the value.
    #[track_caller]
    pub fn create(self) -> Result<Instance<C>, CreateError> {
        if cfg!(feature = "vimage") {
            boot::ensure_over().map_err(CreateError::Boot)?;
            sysctl::check_tunables(&self.arguments.tunables, &[C::ENTRY]).map_err(CreateError::Sysctl)?;
        }
        create(C::ENTRY, self.name, &self.arguments).map(Instance::from_handle)
    }
}

/// [`Builder::create`], where the class is known at run time only.
#[track_caller]
pub(crate) fn create(
    class: &'static ClassEntry,
    name: Option<Box<str>>,
    arguments: &Arguments,
) -> Result<Handle, CreateError> {
    if !cfg!(feature = "vimage") {
        return Err(CreateError::NotVirtualized);
    }
    boot::ensure_over().map_err(CreateError::Boot)?;
    let state = class.laid_out();
    // SAFETY: whoever made the context keeps the instance alive while this thread is in it.
    let parent = context::current(class).map_or(tree::BASE, |header| unsafe { header.as_ref() }.id);
    let handle = add(class, state, parent, name);
    if let Err(error) = sysctl::tune(&arguments.tunables, &handle) {
        failure::report(teardown::detach(handle.as_ptr(), 0));
        handle.header().set_phase(Phase::Gone);
        crate::events::event!("create failed", handle.header(); error = error);
        return Err(CreateError::Sysctl(error));
    }
    match attach(&handle, arguments) {
        Ok(()) => Ok(handle),
        Err(error) => {
            crate::events::event!("create failed", handle.header(); error = error);
            Err(CreateError::Attach(error))
        }
    }
}

/// Makes the base instance of a class; its attach hooks are still to run.
pub(crate) fn create_base(class: &'static ClassEntry, state: &ClassState) -> Handle {
    add(class, state, tree::BASE, None)
}

/// Makes the memory of an instance and enters it into the tree.
#[track_caller]
pub(crate) fn add(class: &'static ClassEntry, state: &ClassState, parent: u64, name: Option<Box<str>>) -> Handle {
    let id = state.live().tree.new_id();
    let header = block::allocate(state, Header::new(class, id, name));
    let mut live = state.live();
    // In one step with entering the tree: a module that is registered now either sees this instance or is seen here.
    for late in &live.late {
        // SAFETY: nobody else knows the block yet.
        unsafe { late.initialize(header) };
    }
    live.tree.insert(id, parent, header);
    // SAFETY: a new header counts one handle, this one.
    let handle = unsafe { Handle::from_counted(header) };
    drop(live);
    crate::events::event!("create", handle.header());
    handle
}

/// Runs the attach hooks, then the instance is live. If one fails, those before it are undone and the instance
/// is as good as gone.
pub(crate) fn attach(handle: &Handle, arguments: &Arguments) -> Result<(), AttachError> {
    let header = handle.header();
    let modules = &header.class_state().modules;
    let failed = modules.iter().enumerate().find_map(|(index, module)| {
        let error = attach_module(handle, module, arguments).err()?;
        Some((index, error))
    });
    let (attached, error) = match failed {
        Some(failed) => failed,
        None => match attach_late(handle, arguments) {
            Ok(()) => return Ok(()),
            Err(error) => (modules.len(), error),
        },
    };
    failure::report(teardown::detach(handle.as_ptr(), attached));
    header.set_phase(Phase::Gone);
    Err(error)
}

/// Attaches what was registered after boot, also what is registered meanwhile; the instance is live at the moment
/// when nothing is left.
fn attach_late(handle: &Handle, arguments: &Arguments) -> Result<(), AttachError> {
    let header = handle.header();
    let state = header.class_state();
    loop {
        let late = {
            let live = state.live();
            let Some(late) = live.late.iter().find(|late| !late.is_withdrawn() && !late.is_in(header)).map(Arc::clone)
            else {
                header.set_phase(Phase::Live);
                return Ok(());
            };
            late.attaching();
            late
        };
        let result = attach_module(handle, &late.linked, arguments);
        let registered = late.attached(&state.live(), header, result.is_ok());
        match (result, registered) {
            (Ok(()), true) => {}
            // It was taken back meanwhile, so that this instance need not have it.
            (Ok(()), false) => {
                let failed = detach_module(handle.as_ptr(), late.linked.entry, late.linked.detach);
                failure::report(failed.into_iter().collect());
                late.detached();
            }
            (Err(error), registered) => {
                late.detached();
                if registered {
                    return Err(error);
                }
            }
        }
    }
}

/// Runs the attach hook of one module, in the instance and with the caller's contexts in all other classes.
pub(crate) fn attach_module(handle: &Handle, module: &LinkedModule, arguments: &Arguments) -> Result<(), AttachError> {
    let header = handle.header();
    let Some(hook) = module.attach else { return Ok(()) };
    let run = || catch_unwind(AssertUnwindSafe(|| hook(arguments)));
    let source = match context::enter_entry(header.class, handle.as_ptr(), run) {
        Ok(Ok(())) => {
            crate::events::event!("attach", header, module.entry);
            return Ok(());
        }
        Ok(Err(error)) => error,
        Err(panic) => BoxError::from(format!("panicked: {}", failure::message(panic))),
    };
    crate::events::event!("attach failed", header, module.entry; error = source);
    Err(AttachError { instance: header.label(), module: module.entry.name, source: Arc::from(source) })
}

/// Undoes [`attach`] of an instance that stays in memory.
pub(crate) fn detach_all(handle: &Handle) -> Vec<TeardownFailure> {
    let failures = teardown::detach(handle.as_ptr(), handle.header().class_state().modules.len());
    handle.header().set_phase(Phase::Gone);
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
    /// A sysctl that was given could not be set.
    Sysctl(sysctl::Error),
    /// A module did not attach.
    Attach(AttachError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVirtualized => f.write_str(
                "this program is built without instances: enable the feature `vimage` of the crate `vimage`",
            ),
            Self::Boot(error) => error.fmt(f),
            Self::Sysctl(error) => write!(f, "a sysctl of the new instance could not be set: {error}"),
            Self::Attach(error) => error.fmt(f),
        }
    }
}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotVirtualized => None,
            Self::Boot(error) => error.source(),
            Self::Sysctl(error) => Some(error),
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
