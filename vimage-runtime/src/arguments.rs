//! Typed values that the creator of an instance hands to its attach hooks.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

use crate::sysctl::Value;

/// The values given with [`Builder::arg`](crate::Builder::arg), one per type.
///
/// An `#[attach]` hook takes them as `&vimage::Arguments`. The base instances are made without any.
#[derive(Default)]
pub struct Arguments {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    /// What sysctls are to be set to before the hooks run.
    pub(crate) tunables: Vec<(String, Value)>,
}

impl Arguments {
    /// The value of this type, if the creator gave one.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }

    pub(crate) fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Box::new(value));
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arguments({} values)", self.values.len())
    }
}
