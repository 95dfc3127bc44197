//! What the value of a variable has to be, by names that rustc prints with the way out.

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
