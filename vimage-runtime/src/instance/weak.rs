//! Handles that keep nothing alive.

use std::fmt;
use std::marker::PhantomData;

use super::Instance;
use crate::class::Class;

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

    /// The instance's id, which no other instance of the class will ever have.
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

impl<C: Class> fmt::Debug for WeakInstance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakInstance({}#{})", C::ENTRY.name, self.id)
    }
}
