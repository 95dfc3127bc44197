//! Handles that keep nothing alive.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::handle::Instance;
use crate::core::class_state::{describe, hold};
use crate::registry::Class;

impl<C: Class> Instance<C> {
    /// A handle that does not keep the instance alive.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let weak = red.downgrade();
    /// red.destroy()?; // not `Busy`
    /// assert_eq!(weak.upgrade(), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakInstance<C> {
        WeakInstance::new(self.id())
    }
}

/// Finds an instance again as long as it lives; from [`Instance::downgrade`].
///
/// It is the instance's id and no memory, so that a destroyed instance is freed at once.
///
/// ```
/// # use vimage::prelude::*;
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::new()?;
/// let weak = red.downgrade();
/// assert_eq!(weak.upgrade(), Some(red.clone()));
/// red.destroy()?;
/// assert_eq!(weak.upgrade(), None);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WeakInstance<C: Class> {
    id: u64,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> WeakInstance<C> {
    fn new(id: u64) -> Self {
        Self { id, class: PhantomData }
    }

    /// A handle, unless the instance is destroyed or shutting down. Cost: one look-up, and no lock while the instance exists.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// assert_eq!(base.downgrade().upgrade(), Some(base));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn upgrade(&self) -> Option<Instance<C>> {
        if let Some(found) = Instance::by_id_at_once(self.id) {
            return Some(found);
        }
        self.upgrade_slowly()
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn upgrade_slowly(&self) -> Option<Instance<C>> {
        Instance::by_id_slowly(self.id).ok().flatten()
    }

    /// A handle also while the instance is shutting down, as long as there are handles.
    #[track_caller]
    pub(crate) fn hold(&self) -> Option<Instance<C>> {
        hold(C::ENTRY, self.id).map(Instance::from_handle)
    }

    /// The instance's id, which no other instance of the class will ever have.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// assert_eq!(base.downgrade().id(), base.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl<C: Class> Clone for WeakInstance<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Class> Copy for WeakInstance<C> {}

/// Two are equal if they are to the same instance, also when it is destroyed.
impl<C: Class> PartialEq for WeakInstance<C> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<C: Class> Eq for WeakInstance<C> {}

impl<C: Class> Hash for WeakInstance<C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Class, id, name and state: `WeakInstance(Net#3 "red", Live)`, `WeakInstance(Net#3, Gone)`. One look-up.
impl<C: Class> fmt::Debug for WeakInstance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakInstance({})", describe(C::ENTRY, self.id))
    }
}
