//! What may stand where an instance of a class is wanted.

use super::handle::Handle;
use crate::registry::ClassEntry;

/// An [`Instance`](crate::Instance) of the class `C`, or a [`Vimage`](crate::Vimage), which has one of every class.
///
/// It is implemented for these only.
///
/// # Safety
///
/// The handle is to an instance of the class that is given, which is `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instance of the class `{C}`",
    label = "an instance of another class",
    note = "use an instance of the class `{C}`, or a `Vimage`, which has one of every class"
)]
pub unsafe trait InstanceOf<C> {
    /// Its instance of this class, which is `C`.
    #[doc(hidden)]
    fn member(&self, class: &'static ClassEntry) -> &Handle;
}

/// Stands for every class, where variables are plain statics.
#[doc(hidden)]
#[derive(Debug)]
pub enum AnyClass {}
