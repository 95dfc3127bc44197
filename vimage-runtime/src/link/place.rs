//! The instances that an endpoint belongs to.

use std::fmt;

use crate::core::class_state::{describe, hold};
use crate::core::{HasInstances, context};
use crate::registry::ClassEntry;

/// An instance, or all instances of a vimage. Keeps none of them alive.
pub(super) struct Place(Box<[Member]>);

type Member = (&'static ClassEntry, u64);

impl Place {
    pub(super) fn of(instances: &impl HasInstances) -> Self {
        let header = instances.instances().into_iter().map(|handle| handle.header());
        Self(header.map(|header| (header.class, header.id)).collect())
    }

    /// Runs `f` in the place, and holds it meanwhile; does not call `f` if one of the instances is destroyed.
    #[track_caller]
    pub(super) fn enter<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let (mut f, mut result) = (Some(f), None);
        enter_all(&self.0, &mut || result = f.take().map(|f| f()));
        result
    }
}

/// Nested, each with a handle on the stack: no allocation for a message.
#[track_caller]
fn enter_all(members: &[Member], f: &mut dyn FnMut()) {
    match members {
        [] => f(),
        [(class, id), others @ ..] => {
            if let Some(handle) = hold(class, *id) {
                context::enter_entry(class, handle.as_ptr(), || enter_all(others, f));
            }
        }
    }
}

/// `Net#3 "red", Live`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (class, id)) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { "; " }, describe(class, *id))?;
        }
        Ok(())
    }
}
