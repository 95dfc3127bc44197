//! The bounds of a variable's type, as traits whose names and notes rustc prints.

use std::marker::PhantomData;

/// `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a virtualized variable: it is not `Send` and `Sync`",
    label = "any thread may enter the instance, and another one end it",
    note = "put a `Mutex` or an atomic around it, or a type of yours that vouches for it with `unsafe impl`s",
    note = "`#[virtualized] thread_local!` gives each thread a value of its own; for one value of all instances, which \
            has to be `Sync` only, write `#[shared]`"
)]
pub trait MayBeVirtualized {}

// Else rustc would say which bound is missing, and nothing else.
#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> MayBeVirtualized for T {}

/// `Send + 'static`: what rustc does not ask of a `static` by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a virtualized variable: it is not `Send`",
    label = "any thread may end the instance",
    note = "put a type of yours around it that vouches for it with `unsafe impl Send`",
    note = "`#[virtualized] thread_local!` gives each thread a value of its own; for one value of all instances write \
            `#[shared]`"
)]
pub trait MayBeDroppedAnywhere {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> MayBeDroppedAnywhere for T {}

/// The half of the bounds that rustc does not check on a `static` by itself.
#[doc(hidden)]
pub const fn assert_send<T: MayBeDroppedAnywhere>() {}

/// `T` was found to have the bounds. An accessor is made of it, so that it is no other type that was looked at, as
/// it could be where a macro in the place of a type gives another one each time.
#[derive(Clone, Copy, Debug)]
pub struct Checked<T>(PhantomData<fn(T) -> T>);

/// The bounds of a variable by its kind.
#[doc(hidden)]
#[allow(non_snake_case, reason = "named after the kinds")]
pub mod assert {
    use std::marker::PhantomData;

    use super::{Checked, MayBeVirtualized};

    pub const fn Scoped<T: MayBeVirtualized>() -> Checked<T> {
        Checked(PhantomData)
    }
    pub const fn Keep<T: MayBeVirtualized>() -> Checked<T> {
        Checked(PhantomData)
    }
    pub const fn Raw<T>() -> Checked<T> {
        Checked(PhantomData)
    }
}
