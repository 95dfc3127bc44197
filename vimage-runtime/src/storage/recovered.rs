//! The variables of an input with mistakes, so that code that uses them has no errors of its own.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::accessor::UseInVirtualizedCode;
use crate::registry::{Class, ClassContext, ClassEntry, NoContext};

/// An accessor without a value, in what the macros make of an input with mistakes, beside the errors about them.
///
/// A declaration needs no value, and where it is not beside an error, what uses it cannot be linked.
#[doc(hidden)]
#[macro_export]
macro_rules! __recovered {
    ($module:path; { $(#[cfg $condition:tt])* } $vis:vis $kind:ident $accessor:ident ($ty:ty)) => {
        // SAFETY: nothing defines a symbol of this name, and no code can without being `unsafe` itself. It is given
        // here, and attributes that could give another one are not taken.
        #[allow(improper_ctypes, clashing_extern_declarations, non_upper_case_globals, missing_docs, unreachable_pub)]
        unsafe extern "C" {
            $(#[cfg $condition])*
            #[link_name = "vimage: a variable of an input with mistakes"]
            $vis safe static $accessor: $crate::__private::UseInVirtualizedCode<
                $ty,
                $crate::__private::Recovered<<$module as $crate::__private::Module>::Class>,
                $crate::__private::kind::$kind,
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
    type Itself = C::Itself;
    const ENTRY: &'static ClassEntry = C::ENTRY;
    const CONTEXT: ClassContext = C::CONTEXT;
    const NO_CONTEXT: NoContext = C::NO_CONTEXT;
}

#[doc(hidden)]
impl<T: fmt::Display, C, K> fmt::Display for UseInVirtualizedCode<T, Recovered<C>, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

#[doc(hidden)]
impl<T: fmt::Debug, C, K> fmt::Debug for UseInVirtualizedCode<T, Recovered<C>, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

#[doc(hidden)]
impl<T, C, K> Deref for UseInVirtualizedCode<T, Recovered<C>, K> {
    type Target = T;

    fn deref(&self) -> &T {
        unreachable!("the macros declare such accessors beside the errors that they report")
    }
}
