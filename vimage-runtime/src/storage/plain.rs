//! The default build: the statics as they were, so that nothing is stored here.

/// Keeps the plain items.
#[doc(hidden)]
#[macro_export]
macro_rules! __switch {
    (plain { $($plain:tt)* } instances { $($instances:tt)* }) => { $($plain)* };
}
