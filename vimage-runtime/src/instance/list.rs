//! Walking over instances.

use std::marker::PhantomData;

use super::handle::Instance;
use crate::core::header::BASE;
use crate::core::tree::Tree;
use crate::core::{Handle, Phase};
use crate::current;
use crate::error::Chain;
use crate::registry::Class;

impl<C: Class> Instance<C> {
    /// The current instance and its descendants, the instances that were made in it; all instances if none is
    /// current. In the order of their ids.
    ///
    /// The iterator makes one handle at a time, and skips instances that are destroyed or shutting down by then. The loop may
    /// create and destroy instances; new ones are not visited. Linear in the number of instances that it walks.
    ///
    /// An instance cannot be destroyed while it is visited, because the iterator's handle counts. In builds without instances
    /// the base instance is the only one.
    ///
    /// # Panics
    ///
    /// If boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let child = red.enter(Vnet::new)?;
    /// assert_eq!(red.enter(|| Vnet::list().collect::<Vec<_>>()), [red.clone(), child]);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn list() -> Instances<C> {
        let root = current::id(C::ENTRY).unwrap_or(BASE);
        // All are below the base.
        if root == BASE { Self::all() } else { Instances::new(|tree| tree.subtree(root)) }
    }

    /// All live instances of the class, whichever is current. Otherwise as [`list`](Self::list).
    ///
    /// In builds without instances the base instance is the only one.
    ///
    /// # Panics
    ///
    /// If boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// assert!(Vnet::all().any(|vnet| vnet == base));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn all() -> Instances<C> {
        Instances::new(Tree::all)
    }

    /// Runs `f` in each instance of [`list`](Self::list); in builds without instances once, in the base instance.
    ///
    /// # Panics
    ///
    /// If boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// Vnet::base()?;
    /// Vnet::for_each(|vnet| assert_eq!(Vnet::current().as_ref(), Some(vnet)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each(mut f: impl FnMut(&Self)) {
        for instance in Self::list() {
            instance.enter(|| f(&instance));
        }
    }
}

/// An iterator over live instances, one handle at a time; from [`Instance::list`] and [`Instance::all`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::new()?;
/// assert!(Vnet::all().any(|vnet| vnet == red));
/// // In `red`, the list begins with `red`.
/// assert_eq!(red.enter(|| Vnet::list().next()), Some(red));
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[derive(Debug)]
pub struct Instances<C: Class> {
    ids: std::vec::IntoIter<u64>,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> Instances<C> {
    fn new(ids: impl FnOnce(&Tree) -> Vec<u64>) -> Self {
        match Instance::<C>::class_state() {
            Ok(state) => Self { ids: ids(&state.live().tree).into_iter(), class: PhantomData },
            Err(error) => panic!("there are no instances to list: {}", Chain(&error)),
        }
    }
}

impl<C: Class> Iterator for Instances<C> {
    type Item = Instance<C>;

    // For `Busy`: the line of the user's loop.
    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        let state = C::ENTRY.state()?;
        // A loop and not an iterator with a closure, which would hide the caller.
        loop {
            let id = self.ids.next()?;
            let found: Option<Handle> = state.find(id);
            if let Some(handle) = found.filter(|handle| handle.header().phase() == Phase::Live) {
                return Some(Instance::from_handle(handle));
            }
        }
    }
}
