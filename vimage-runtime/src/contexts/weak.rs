//! Contexts that keep no instance alive.

use std::fmt;
use std::sync::Arc;

use super::counted::{All, Captured, Contexts};
use crate::core::Handle;
use crate::core::class_state::describe;
use crate::registry::ClassEntry;

/// The contexts of a thread without its handles; from [`Contexts::downgrade`].
///
/// What is entered is exactly what was current, or nothing: where one of the instances is destroyed, or is being
/// destroyed, [`enter`](Self::enter) returns `None`. Never is another instance entered instead.
///
/// In builds without instances it holds nothing, and entering it is a call.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::Contexts;
///
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::new()?;
/// let weak = red.enter(|| Contexts::current().downgrade());
/// assert!(weak.enter(|| ()).is_some());
/// red.destroy()?;
/// assert!(weak.enter(|| ()).is_none());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WeakContexts {
    /// In the order of `registry::classes()`; nothing in those that are left out.
    captured: Arc<[Weak]>,
}

/// What was current in one class.
#[derive(Clone, Copy)]
enum Weak {
    Nothing,
    Barred,
    /// By its id, which no other instance of the class will ever have.
    Instance(&'static ClassEntry, u64),
}

impl Contexts {
    /// The same contexts without the handles: for a worker or a callback that must not keep an instance.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let vnet = Vnet::new()?;
    /// let here = vnet.enter(|| Contexts::current().downgrade());
    /// assert_eq!(here.enter(|| Vnet::current().unwrap().id()), Some(vnet.id()));
    /// vnet.destroy()?; // not `Busy`
    /// assert_eq!(here.enter(|| ()), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakContexts {
        let weak = self.each().map(|captured| match captured {
            Captured::Nothing => Weak::Nothing,
            Captured::Barred => Weak::Barred,
            Captured::Instance(handle) => Weak::Instance(handle.header().class, handle.header().id),
        });
        WeakContexts { captured: weak.collect() }
    }
}

impl WeakContexts {
    /// The contexts with handles, unless one of the instances is destroyed or is being destroyed. One look-up per class
    /// that had a current instance, and one allocation.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let weak = red.enter(|| Contexts::current().downgrade());
    /// let here = weak.upgrade().unwrap(); // holds `red`
    /// assert_eq!(here.enter(Vnet::current), Some(red));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn upgrade(&self) -> Option<Contexts> {
        let mut all = All::default();
        // A loop and not an iterator with a closure, which would hide the caller.
        for (index, weak) in self.captured.iter().enumerate() {
            all.put(index, weak.upgrade()?);
        }
        Some(all.ready())
    }

    /// Runs `f` in these contexts and no others, then restores what was; `None` if one of the instances is destroyed or
    /// is being destroyed. It keeps the instances while `f` runs.
    ///
    /// # Panics
    ///
    /// If `f` does.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let weak = red.enter(|| Contexts::current().downgrade());
    /// assert_eq!(weak.enter(|| Vnet::current().unwrap().id()), Some(red.id()));
    /// red.destroy()?;
    /// assert_eq!(weak.enter(|| ()), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        Some(self.upgrade()?.enter(f))
    }

    /// The contexts in which what belonged here is dropped: nothing is reached in place of an instance that is
    /// destroyed.
    pub(crate) fn remaining(&self) -> Contexts {
        self.with(|weak| weak.upgrade().unwrap_or(Captured::Barred))
    }

    /// Contexts in which no class resolves to anything that had an instance here.
    pub(crate) fn barred(&self) -> Contexts {
        self.with(|weak| match weak {
            Weak::Nothing => Captured::Nothing,
            Weak::Barred | Weak::Instance(..) => Captured::Barred,
        })
    }

    fn with(&self, captured: impl Fn(&Weak) -> Captured) -> Contexts {
        let mut all = All::default();
        self.captured.iter().enumerate().for_each(|(index, weak)| all.put(index, captured(weak)));
        all.ready()
    }
}

impl Weak {
    #[track_caller]
    fn upgrade(self) -> Option<Captured> {
        Some(match self {
            Self::Nothing => Captured::Nothing,
            Self::Barred => Captured::Barred,
            Self::Instance(class, id) => Captured::Instance(find(class, id)?),
        })
    }
}

#[track_caller]
fn find(class: &'static ClassEntry, id: u64) -> Option<Handle> {
    class.laid_out().find(id)
}

/// What is entered: `WeakContexts [Net#3 "red", Live]`. One look-up per class.
impl fmt::Debug for WeakContexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entered = self.captured.iter().filter_map(|weak| match *weak {
            Weak::Instance(class, id) => Some(describe(class, id)),
            Weak::Nothing | Weak::Barred => None,
        });
        f.write_str("WeakContexts ")?;
        f.debug_list().entries(entered.map(Shown)).finish()
    }
}

/// A text that shows as it is.
struct Shown(String);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<WeakContexts>();
};
