//! Where contexts were entered: remembered with the feature `invariants`, else nothing. The kernel's `INVARIANTS`
//! builds do the same for `CURVNET_SET`.

// Without instances there is nothing to enter.
#[cfg(all(feature = "invariants", feature = "vimage"))]
use tracked as build;
#[cfg(not(all(feature = "invariants", feature = "vimage")))]
use untracked as build;

#[cfg(feature = "vimage")]
pub(crate) use build::{Entered, last_left};
pub(crate) use build::{recursions, stack};

use std::panic::Location;

/// One context of a thread: the instance, and where it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) class: &'static str,
    pub(crate) instance: String,
    pub(crate) entered: &'static Location<'static>,
}

#[cfg(all(feature = "invariants", feature = "vimage"))]
mod tracked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::panic::Location;
    use std::ptr::NonNull;
    use std::sync::{Mutex, PoisonError};

    use super::Place;
    use crate::core::header::Header;

    #[derive(Default)]
    struct Thread {
        stack: Vec<(NonNull<Header>, Place)>,
        last_left: Option<Place>,
    }

    thread_local! {
        static THREAD: RefCell<Thread> = RefCell::default();
    }

    /// Places where an instance was entered that was current already, with the place of the outer one.
    static RECURSIONS: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

    /// Remembers a context until it is dropped.
    #[derive(Debug)]
    pub(crate) struct Entered(());

    impl Entered {
        pub(crate) fn new(header: NonNull<Header>, entered: &'static Location<'static>) -> Self {
            // SAFETY: the caller keeps the instance alive.
            let head = unsafe { header.as_ref() };
            let place = Place { class: head.class.name, instance: head.label(), entered };
            // At the end of a thread this thread-local is destroyed; then nothing is remembered.
            _ = THREAD.try_with(|thread| {
                let mut thread = thread.borrow_mut();
                let outer = thread.stack.iter().rev().find(|(_, place)| place.class == head.class.name);
                if let Some((_, outer)) = outer.filter(|(outer, _)| *outer == header) {
                    let pair = (entered.to_string(), outer.entered.to_string());
                    RECURSIONS.lock().unwrap_or_else(PoisonError::into_inner).insert(pair);
                }
                thread.stack.push((header, place));
            });
            Self(())
        }
    }

    /// Several at a time; left in the reverse order.
    #[derive(Debug)]
    pub(crate) struct EachEntered(Vec<Entered>);

    impl Entered {
        pub(crate) fn each(
            headers: impl Iterator<Item = NonNull<Header>>,
            entered: &'static Location<'static>,
        ) -> EachEntered {
            EachEntered(headers.map(|header| Self::new(header, entered)).collect())
        }
    }

    impl Drop for EachEntered {
        fn drop(&mut self) {
            while self.0.pop().is_some() {}
        }
    }

    impl Drop for Entered {
        fn drop(&mut self) {
            _ = THREAD.try_with(|thread| {
                let mut thread = thread.borrow_mut();
                thread.last_left = thread.stack.pop().map(|(_, place)| place);
            });
        }
    }

    /// The contexts of this thread, the innermost last.
    pub(crate) fn stack() -> Vec<Place> {
        THREAD.with(|thread| thread.borrow().stack.iter().map(|(_, place)| place.clone()).collect())
    }

    /// The context that this thread was in last.
    pub(crate) fn last_left() -> Option<Place> {
        THREAD.try_with(|thread| thread.borrow().last_left.clone()).ok()?
    }

    pub(crate) fn recursions() -> Vec<(String, String)> {
        RECURSIONS.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(not(all(feature = "invariants", feature = "vimage")))]
mod untracked {
    use super::Place;
    #[cfg(feature = "vimage")]
    use {crate::core::header::Header, std::panic::Location, std::ptr::NonNull};

    #[cfg(feature = "vimage")]
    #[derive(Debug)]
    pub(crate) struct Entered;

    #[cfg(feature = "vimage")]
    impl Entered {
        #[inline(always)]
        pub(crate) fn new(_: NonNull<Header>, _: &'static Location<'static>) -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn each(_: impl Iterator<Item = NonNull<Header>>, _: &'static Location<'static>) -> Self {
            Self
        }
    }

    pub(crate) fn stack() -> Vec<Place> {
        Vec::new()
    }

    #[cfg(feature = "vimage")]
    pub(crate) fn last_left() -> Option<Place> {
        None
    }

    pub(crate) fn recursions() -> Vec<(String, String)> {
        Vec::new()
    }
}
