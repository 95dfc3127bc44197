//! A vimage: one instance of every class.

use std::fmt;
use std::sync::Arc;

use crate::class::{Class, ClassEntry};
use crate::context;
use crate::instance::{Handle, Instance};

/// One instance of every class; [`boot`](crate::boot()) returns the base one.
#[derive(Clone)]
pub struct Vimage {
    handles: Arc<[Handle]>,
}

impl Vimage {
    /// The base instances of these classes, which are laid out.
    pub(crate) fn base_of(classes: &[&'static ClassEntry]) -> Self {
        let base = |class: &&'static ClassEntry| class.state.get().expect("boot lays out every class").base_handle().clone();
        Self { handles: classes.iter().map(base).collect() }
    }

    /// Its instance of the class `C`.
    ///
    /// # Panics
    ///
    /// If the class was declared in a library that was loaded after boot.
    #[must_use]
    pub fn get<C: Class>(&self) -> Instance<C> {
        let of_class = |handle: &&Handle| handle.header().class == C::ENTRY;
        let handle = self.handles.iter().find(of_class).expect("a vimage has an instance of each class known at boot");
        Instance::from_handle(handle.clone())
    }

    /// Runs `f` with its instance of each class as the current one, then restores what was.
    ///
    /// In builds without instances this is a call of `f`.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        context::enter_each(&self.handles, f)
    }
}

impl fmt::Debug for Vimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.handles.iter().map(|handle| handle.header().label());
        f.write_str("Vimage ")?;
        f.debug_list().entries(labels).finish()
    }
}
