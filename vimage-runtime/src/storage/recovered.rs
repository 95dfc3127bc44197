//! What the variables of an input with mistakes are, so that whatever uses them has no errors of its own.

use std::marker::PhantomData;
use std::ops::Deref;

use super::accessor::UseInVirtualizedCode;
use crate::access::InClass;
use crate::class::{Class, ClassEntry};
use crate::context::ClassContext;

/// An accessor without a value, in what the macros make of an input with mistakes, beside the errors about them.
///
/// A declaration needs no value, and nothing of such a compilation is ever linked.
#[doc(hidden)]
#[macro_export]
macro_rules! __recovered {
    ($module:path; { $(#[$attr:meta])* } $vis:vis $kind:ident $accessor:ident ($ty:ty)) => {
        // SAFETY: this stands beside a `compile_error!`.
        unsafe extern "C" {
            $(#[$attr])*
            #[allow(non_upper_case_globals, improper_ctypes, clashing_extern_declarations)]
            $vis safe static $accessor: $crate::UseInVirtualizedCode<
                $ty,
                $crate::__private::Recovered<<$module as $crate::__private::Module>::Class>,
                $crate::kind::$kind,
            >;
        }
    };
}

/// The class of an accessor that only passes for one.
///
/// As code that could not be rewritten is left as it was, such an accessor is also the variable.
#[doc(hidden)]
#[derive(Debug)]
pub struct Recovered<C>(PhantomData<fn() -> C>);

// SAFETY: it stands for `C` itself, with whose entry the context agrees, and what has instances of the one can treat
// them as those of the other.
#[doc(hidden)]
unsafe impl<C: Class> Class for Recovered<C> {
    const ENTRY: &'static ClassEntry = C::ENTRY;
    const CONTEXT: ClassContext = C::CONTEXT;
}

// SAFETY: nothing makes such an accessor; `recovered!` only declares some.
#[doc(hidden)]
unsafe impl<T, C, K> InClass<C> for UseInVirtualizedCode<T, Recovered<C>, K> {}

#[doc(hidden)]
impl<T, C, K> Deref for UseInVirtualizedCode<T, Recovered<C>, K> {
    type Target = T;

    fn deref(&self) -> &T {
        unreachable!("the macros declare such accessors beside the errors that they report")
    }
}
