//! Hooks of modules, as they are registered, and what they take and return.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

/// The values given with [`InstanceBuilder::arg`](crate::InstanceBuilder::arg), one per type.
///
/// An `#[attach]` hook takes them as `&vimage::Arguments`. The base instances are made without any.
///
/// ```
/// # use vimage::prelude::*;
/// #[vimage::module]
/// mod server {
///     use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
///     use vimage::prelude::*;
///
///     pub struct Port(pub u16);
///
///     #[virtualized]
///     static PORT: AtomicU16 = AtomicU16::new(80);
///
///     #[attach]
///     fn start(arguments: &vimage::Arguments) {
///         if let Some(Port(port)) = arguments.get() {
///             V_PORT.store(*port, Relaxed);
///         }
///     }
///
///     pub fn port() -> u16 {
///         V_PORT.load(Relaxed)
///     }
/// }
///
/// # #[cfg(feature = "vimage")] {
/// let red = Vimage::builder().arg(server::Port(8080)).create()?;
/// assert_eq!(red.enter(server::port), 8080);
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[derive(Default)]
pub struct Arguments {
    /// Of different types. They are few: no table.
    values: Vec<Box<dyn Any + Send + Sync>>,
}

impl Arguments {
    /// The value of this type, if the creator gave one.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.values.iter().find_map(|value| value.downcast_ref())
    }

    pub(crate) fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.retain(|other| !other.is::<T>());
        self.values.push(Box::new(value));
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arguments({} values)", self.values.len())
    }
}

/// Any error a hook may return.
#[doc(hidden)]
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An attach hook as the runtime calls it.
#[doc(hidden)]
pub type AttachFn = fn(&Arguments) -> Result<(), BoxError>;

/// The hooks of one module.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks {
    /// Runs when an instance is made.
    pub attach: Option<AttachFn>,
    /// Runs before an instance is destroyed, and may refuse.
    pub quiesce: Option<fn() -> Result<(), BoxError>>,
    /// Runs when an instance is destroyed.
    pub detach: Option<fn()>,
}

/// The type of an attach hook's argument.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an `#[attach]` hook takes nothing, or one `&vimage::Arguments`",
    label = "not `vimage::Arguments`",
    note = "what is passed with `Vnet::builder().arg(…)` is found there: `arguments.get::<T>()`"
)]
pub trait HookArgument {
    fn of(arguments: &Arguments) -> &Self;
}

#[diagnostic::do_not_recommend]
impl HookArgument for Arguments {
    fn of(arguments: &Self) -> &Self {
        arguments
    }
}

/// The return types of hooks that may fail.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an `#[attach]` or `#[quiesce]` hook cannot return `{Self}`",
    label = "the return type of this hook",
    note = "such a hook returns `()` or `Result<(), E>` where `E` converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait HookResult {
    fn into_result(self) -> Result<(), BoxError>;
}

#[diagnostic::do_not_recommend]
impl HookResult for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> HookResult for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A module has at most one hook of each kind: a second one is a second implementation of these.
#[doc(hidden)]
pub trait HasOneAttachHook {
    const HOOK: AttachFn;
}
#[doc(hidden)]
pub trait HasOneQuiesceHook {
    const HOOK: fn() -> Result<(), BoxError>;
}
#[doc(hidden)]
pub trait HasOneDetachHook {
    const HOOK: fn();
}

/// The hooks of the module `M`, which may be declared anywhere in its crate.
///
/// They are not registered one by one, because a linker that takes only what it needs out of an archive would then take the
/// module without those hooks that nothing else refers to.
///
/// Where `M` is a concrete type, `HooksOf::<M>::ATTACH` is the constant of this type if `M` has such a hook, and the
/// constant of [`NoHooks`] otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub struct HooksOf<M>(PhantomData<M>);

#[doc(hidden)]
pub trait NoHooks {
    const ATTACH: Option<AttachFn> = None;
    const QUIESCE: Option<fn() -> Result<(), BoxError>> = None;
    const DETACH: Option<fn()> = None;
}

impl<M> NoHooks for HooksOf<M> {}

impl<M: HasOneAttachHook> HooksOf<M> {
    pub const ATTACH: Option<AttachFn> = Some(M::HOOK);
}

impl<M: HasOneQuiesceHook> HooksOf<M> {
    pub const QUIESCE: Option<fn() -> Result<(), BoxError>> = Some(M::HOOK);
}

impl<M: HasOneDetachHook> HooksOf<M> {
    pub const DETACH: Option<fn()> = Some(M::HOOK);
}
