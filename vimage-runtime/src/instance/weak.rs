//! Handles that keep nothing alive.

use std::fmt;
use std::marker::PhantomData;

use super::{Handle, Instance, State};
use crate::class::{Class, ClassEntry};

/// Finds an instance again as long as it lives; from [`Instance::downgrade`].
///
/// It is the instance's id and no memory, so that an instance is freed at once when it goes.
pub struct WeakInstance<C: Class> {
    id: u64,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> WeakInstance<C> {
    pub(super) fn new(id: u64) -> Self {
        Self { id, class: PhantomData }
    }

    /// A handle, unless the instance is gone or going. One lock and one look-up, whatever there is.
    #[must_use]
    #[track_caller]
    pub fn upgrade(&self) -> Option<Instance<C>> {
        Instance::by_id(self.id).ok().flatten()
    }

    /// A handle also while the instance is shutting down, as long as there are handles.
    #[track_caller]
    pub(crate) fn hold(&self) -> Option<Instance<C>> {
        hold(C::ENTRY, self.id).map(Instance::from_handle)
    }

    /// The instance's id, which no other instance of the class will ever have.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

/// [`WeakInstance::hold`], where the class is known at run time only.
#[track_caller]
pub(crate) fn hold(class: &'static ClassEntry, id: u64) -> Option<Handle> {
    class.state.get()?.live().tree.find_any(id)
}

/// How what holds no handle shows: as [`Instance`] does, `Net#3, Gone` once it is gone.
pub(crate) fn describe(class: &'static ClassEntry, id: u64) -> String {
    let found = class.state.get().and_then(|state| state.live().tree.describe(id));
    found.unwrap_or_else(|| format!("{}#{id}, {:?}", class.name, State::Gone))
}

impl<C: Class> Clone for WeakInstance<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Class> Copy for WeakInstance<C> {}

/// Class, id, name and state: `WeakInstance(Net#3 "red", Live)`, `WeakInstance(Net#3, Gone)`. One look-up.
impl<C: Class> fmt::Debug for WeakInstance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakInstance({})", describe(C::ENTRY, self.id))
    }
}
