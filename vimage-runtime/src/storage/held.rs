//! Owned references that keep their instance alive.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::core::Handle;

/// A variable together with a handle to its instance; made with `V_NAME.held()` or `V_NAME.held_of(&instance)`.
///
/// While it exists its instance cannot be destroyed (`Busy`). If it is kept in a variable of its own instance, that instance is
/// never destroyed. In builds without instances it is a plain reference.
///
/// ```
/// #[vimage::module]
/// mod log {
///     use std::sync::Mutex;
///     use vimage::prelude::*;
///
///     #[virtualized]
///     static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
///
///     /// The lines may outlive this function, and the `enter` around it.
///     pub fn lines() -> vimage::Held<Mutex<Vec<String>>> {
///         V_LINES.held()
///     }
/// }
///
/// let lines = log::lines();
/// std::thread::spawn(move || lines.lock().unwrap().push("from another thread".to_owned())).join().unwrap();
/// assert_eq!(log::lines().lock().unwrap().len(), 1);
/// ```
pub struct Held<T> {
    value: NonNull<T>,
    // The base instance of builds without instances is in statics, which need no keeping.
    instance: Option<Handle>,
}

// SAFETY: it gives `&T` only, and drops a handle, which may be dropped on any thread.
unsafe impl<T: Sync> Send for Held<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Held<T> {}

impl<T> Held<T> {
    /// # Safety
    ///
    /// `value` is valid for shared access as long as `instance` exists, for ever if there is none.
    #[cfg(any(feature = "vimage", feature = "static-struct"))]
    pub(crate) unsafe fn new(value: *const T, instance: Option<Handle>) -> Self {
        // SAFETY: a valid pointer is not null.
        Self { value: unsafe { NonNull::new_unchecked(value.cast_mut()) }, instance }
    }

    #[cfg(not(any(feature = "vimage", feature = "static-struct")))]
    pub(crate) fn forever(value: &'static T) -> Self {
        Self { value: NonNull::from(value), instance: None }
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: by `new`'s contract, and the handle is dropped with `self`.
        unsafe { self.value.as_ref() }
    }
}

impl<T> Clone for Held<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        #[expect(clippy::manual_map, reason = "a closure would hide the caller")]
        let instance = match &self.instance {
            Some(instance) => Some(instance.clone()),
            None => None,
        };
        Self { value: self.value, instance }
    }
}

impl<T: fmt::Debug> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("value", &**self).field("instance", &self.instance).finish()
    }
}
