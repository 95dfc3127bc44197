//! A value that is used and dropped in a context of its own.

use super::enter::Enter;

/// A value that is used and dropped in a context of its own.
pub(crate) struct Carried<T, X: Enter> {
    /// `None` only while it is consumed or dropped.
    value: Option<T>,
    context: X,
}

impl<T, X: Enter> Carried<T, X> {
    pub(crate) fn new(value: T, context: X) -> Self {
        Self { value: Some(value), context }
    }

    pub(crate) fn context(&self) -> &X {
        &self.context
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let value = self.value.as_ref().expect(HERE);
        self.context.run(|| f(value))
    }

    pub(crate) fn with_mut<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let value = self.value.as_mut().expect(HERE);
        self.context.run(|| f(value))
    }

    pub(crate) fn consume<R>(mut self, f: impl FnOnce(T) -> R) -> R {
        // Taken inside: if the context cannot be entered, `drop` finds the value and drops it in its instance.
        let value = &mut self.value;
        self.context.run(|| f(value.take().expect(HERE)))
    }
}

const HERE: &str = "the value exists until it is consumed";

impl<T, X: Enter> Drop for Carried<T, X> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.context.run_drop(|| drop(value));
        }
    }
}
