//! What may stand where an instance is wanted.

use super::handle::Handle;
use crate::registry::{Class, ClassEntry};

/// An [`Instance`](crate::Instance), or a [`Vimage`](crate::Vimage) with all that are in it. It is implemented for these
/// only.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::HasInstances;
///
/// fn symbols(of: &impl HasInstances) -> Result<usize, vimage::symmap::Error> {
///     Ok(vimage::symmap::symbols(of)?.len())
/// }
/// assert!(symbols(&Vnet::base()?)? <= symbols(&vimage::boot()?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait HasInstances: Send + Sync + sealed::Sealed {
    /// Its instance of this class, if it has one.
    #[doc(hidden)]
    fn instance_of(&self, class: &'static ClassEntry) -> Option<&Handle>;

    /// All of them.
    #[doc(hidden)]
    fn instances(&self) -> Vec<&Handle>;
}

/// An [`Instance`](crate::Instance) of the class `C`, or a [`Vimage`](crate::Vimage), which has one of every class. It is
/// implemented for these only.
///
/// # Safety
///
/// The handle is to an instance of this class.
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
/// use vimage::prelude::*;
///
/// #[vimage::module]
/// mod counter {
///     use std::sync::atomic::AtomicU64;
///     use vimage::prelude::*;
///
///     #[virtualized]
///     pub static HITS: AtomicU64 = AtomicU64::new(0);
/// }
///
/// let base = vimage::boot()?;
/// // `of` takes either.
/// assert_eq!(counter::V_HITS.of(&base).load(Relaxed), 0);
/// assert_eq!(counter::V_HITS.of(&base.instance::<vimage::Program>()).load(Relaxed), 0);
/// # Ok::<(), vimage::BootError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instance of the class `{C}`",
    label = "an instance of another class",
    note = "use an instance of the class `{C}`, or a `Vimage`, which has one of every class"
)]
pub unsafe trait InstanceOf<C: Class>: HasInstances {
    /// Its instance of this class.
    #[doc(hidden)]
    fn member(&self) -> &Handle;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for Handle {}

/// Of a class that is known at run time only.
impl HasInstances for Handle {
    fn instance_of(&self, class: &'static ClassEntry) -> Option<&Handle> {
        (self.header().class == class).then_some(self)
    }

    fn instances(&self) -> Vec<&Handle> {
        vec![self]
    }
}
