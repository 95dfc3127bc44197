//! Handles to instances of a class.

use std::fmt;
use std::marker::PhantomData;

use crate::core::phase::InstanceState;
use crate::core::{ClassState, Handle, HasInstances, InstanceOf, Sealed, context};
use crate::error::BootError;
use crate::registry::{Class, ClassEntry};
use crate::{boot, current};

/// A handle to an independent copy of the state of all modules of the class `C`.
///
/// Handles are counted: [`destroy`](Self::destroy), or the drop of the last handle, destroys the instance. The base
/// instance always exists. If a handle is kept in a variable of its own instance, that instance is never destroyed; keep a
/// [`WeakInstance`](crate::WeakInstance) there instead.
///
/// ```
/// # use vimage::prelude::*;
/// #[vnet_module]
/// mod foo {
///     use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
///     use vimage::prelude::*;
///
///     #[virtualized]
///     static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);
///
///     pub fn foo_work() -> u64 {
///         V_FOO_COUNTER.fetch_add(1, Relaxed) + 1
///     }
/// }
///
/// let base = vimage::boot()?;
/// assert_eq!(base.enter(foo::foo_work), 1);
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::builder().name("red").create()?;
/// assert_eq!(red.enter(foo::foo_work), 1);
/// red.destroy()?;
/// # }
/// assert_eq!(base.enter(foo::foo_work), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Instance<C: Class> {
    pub(super) handle: Handle,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> Instance<C> {
    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { handle, class: PhantomData }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The state of the class, after boot.
    pub(super) fn class_state() -> Result<&'static ClassState, BootError> {
        boot::ensure()?;
        Ok(C::ENTRY.laid_out())
    }

    /// The instance that always exists, made at boot, which this implies.
    ///
    /// # Errors
    ///
    /// [`BootError`], if boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// assert_eq!(Vnet::base()?.id(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn base() -> Result<Self, BootError> {
        Ok(Self::from_handle(Self::class_state()?.base_handle().clone()))
    }

    /// The instance that accessors on this thread resolve to.
    ///
    /// `None` where none is entered (unless the class resolves that to the base instance), and in the detach hooks
    /// of an instance that is being destroyed, which can get no handle any more. In builds without instances it is
    /// the base instance everywhere; `None` there if boot has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// assert_eq!(vnet.enter(Vnet::current), Some(vnet.clone()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn current() -> Option<Self> {
        current::handle_of::<C>().map(Self::from_handle)
    }

    /// Runs `f` with this instance as the current one of its class, then restores what was.
    ///
    /// Entering nests, and is undone also when `f` panics. The handle is borrowed, no count is touched. What `f`
    /// returns does not carry the context along: a lazy iterator or a future that is returned runs elsewhere.
    ///
    /// In builds without instances this is a call of `f`.
    ///
    /// # Panics
    ///
    /// If the creation of this instance has failed; a hook must have kept the handle.
    ///
    /// # Aborts
    ///
    /// If the context that it finds afterwards is not the one that it has set, because a crate has switched stacks inside
    /// `f`.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let (red, blue) = (Vnet::new()?, Vnet::new()?);
    /// red.enter(|| {
    ///     assert_eq!(blue.enter(Vnet::current), Some(blue.clone())); // it nests
    ///     assert_eq!(Vnet::current(), Some(red.clone()));
    /// });
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        self.handle.check_not_gone();
        context::enter::<C, R>(self.handle.as_ptr(), f)
    }

    /// The id of the instance. Ids of a class start at 0 for the base instance, and none is used twice.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// assert!(red.id() > Vnet::base()?.id());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> u64 {
        self.handle.header().id
    }

    /// The name that the builder gave it: a label, which other instances may have too.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::builder().name("red").create()?;
    /// assert_eq!(red.name(), Some("red"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.handle.header().name.as_deref()
    }

    /// The state of its life.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// assert_eq!(Vnet::base()?.state(), vimage::InstanceState::Live);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn state(&self) -> InstanceState {
        self.handle.header().phase().state()
    }

    /// Returns `true` for the base instance.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// assert!(Vnet::base()?.is_base());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_base(&self) -> bool {
        self.handle.header().is_base()
    }

    /// The instance that was current when this one was made, or the base instance. When a parent is destroyed, its own
    /// parent takes its place. `None` for the base instance.
    ///
    /// Cost: one lock and one look-up, and one more for each ancestor that is shutting down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let child = red.enter(Vnet::new)?;
    /// assert_eq!(child.parent(), Some(red));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn parent(&self) -> Option<Self> {
        let tree = &Self::class_state().ok()?.live().tree;
        let mut id = tree.parent(self.id())?;
        // A parent that is shutting down does not count.
        loop {
            match tree.find(id) {
                Some(handle) => return Some(Self::from_handle(handle)),
                None => id = tree.parent(id)?,
            }
        }
    }

    /// The instance with this id, unless it is destroyed or shutting down. The number of instances does not matter. No lock
    /// is taken while the instance exists.
    ///
    /// # Errors
    ///
    /// [`BootError`], if boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// assert_eq!(Vnet::by_id(base.id())?, Some(base));
    /// assert_eq!(Vnet::by_id(u64::MAX)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    #[inline]
    pub fn by_id(id: u64) -> Result<Option<Self>, BootError> {
        if let Some(found) = Self::by_id_at_once(id) {
            return Ok(Some(found));
        }
        Self::by_id_slowly(id)
    }

    /// As [`by_id`](Self::by_id), but may miss an instance.
    #[inline]
    #[track_caller]
    pub(super) fn by_id_at_once(id: u64) -> Option<Self> {
        if !boot::is_over() {
            return None;
        }
        C::ENTRY.state()?.find_at_once(id).map(Self::from_handle)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(super) fn by_id_slowly(id: u64) -> Result<Option<Self>, BootError> {
        Ok(Self::class_state()?.find(id).map(Self::from_handle))
    }
}

impl<C: Class> Sealed for Instance<C> {}

impl<C: Class> HasInstances for Instance<C> {
    fn instance_of(&self, class: &'static ClassEntry) -> Option<&Handle> {
        self.handle.instance_of(class)
    }

    fn instances(&self) -> Vec<&Handle> {
        self.handle.instances()
    }
}

// SAFETY: it is an instance of this class.
unsafe impl<C: Class> InstanceOf<C> for Instance<C> {
    #[inline(always)]
    fn member(&self) -> &Handle {
        &self.handle
    }
}

impl<C: Class> Clone for Instance<C> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::from_handle(self.handle.clone())
    }
}

/// Two handles are equal if they are to the same instance.
impl<C: Class> PartialEq for Instance<C> {
    fn eq(&self, other: &Self) -> bool {
        self.handle.as_ptr() == other.handle.as_ptr()
    }
}

impl<C: Class> Eq for Instance<C> {}

impl<C: Class> std::hash::Hash for Instance<C> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Class, id, name and state: `Instance(Net#3 "red", Live)`.
impl<C: Class> fmt::Debug for Instance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({})", self.handle.header().description())
    }
}
