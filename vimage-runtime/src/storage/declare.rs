//! The common part of the two builds with parts: the declaration of a part and the entry point of virtualized code.

use super::accessor::UseInVirtualizedCode;
use crate::registry::Class;

/// The macros of these builds, by their names in `vimage_macros`.
pub(crate) mod macros {
    pub use vimage_macros::{
        instances_attach as attach, instances_detach as detach, instances_module as module,
        instances_quiesce as quiesce, instances_shared as shared, instances_vcpu_module as vcpu_module,
        instances_virtualize as virtualize, instances_virtualized as virtualized, instances_vnet_module as vnet_module,
        instances_vprocg_module as vprocg_module,
    };
}

/// Declares a part: its struct, its storage and its accessors. The variables come in reverse, so that the
/// fields of the struct drop in the reverse of the order that the user wrote.
#[doc(hidden)]
#[macro_export]
macro_rules! __part {
    (
        module = $module:path; class = $class:ty; part = $part:ident; entry = $entry:ident;
        $({ $(#[$cfg:meta])* } { $(#[$attr:meta])* } $vis:vis $kind:ident $accessor:ident $field:ident ($ty:ty) = ($init:expr)
            as $label:literal;)*
    ) => {
        #[doc(hidden)]
        #[allow(non_snake_case, non_camel_case_types, dead_code, missing_debug_implementations, clippy::all, clippy::pedantic)]
        struct $part {
            $($(#[$cfg])* $field: $crate::__private::slot::$kind<$ty>,)*
        }

        $crate::__private::storage! {
            $module, $part, $entry, {
                // A constant, because each instance starts from its own copy of these bytes.
                #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
                const __VIMAGE_INITIAL: $part = $part {
                    $($(#[$cfg])* $field: $crate::__private::slot!($kind $ty, $init),)*
                };
                __VIMAGE_INITIAL
            },
            $({ $(#[$cfg])* } $kind $label $field ($ty))*
        }

        $(
            $(#[$attr])*
            #[allow(non_upper_case_globals)]
            $vis const $accessor: $crate::__private::accessor_type!($kind $ty, $class) = {
                static __VIMAGE_VARIABLE: $crate::__private::VariableEntry =
                    $crate::__private::VariableEntry::new($crate::__private::core::stringify!($accessor), &$entry);
                // SAFETY: the entry is the part's, and the offset that of the field whose type rustc has just
                // compared with the accessor's through the projection; nothing is coerced to a raw pointer to a slot.
                unsafe {
                    $crate::__private::UseInVirtualizedCode::new::<$module, $part, _>(
                        &__VIMAGE_VARIABLE,
                        &$entry,
                        $crate::__private::core::mem::offset_of!($part, $field),
                        |part: &$part| &raw const part.$field,
                        $crate::__private::assert::$kind::<$ty>(),
                    )
                }
            };
        )*
    };
}

/// The type of an accessor as people are to read it: without the kind that most have.
#[doc(hidden)]
#[macro_export]
macro_rules! __accessor_type {
    (Scoped $ty:ty, $class:ty) => { $crate::__private::UseInVirtualizedCode<$ty, $class> };
    ($kind:ident $ty:ty, $class:ty) => {
        $crate::__private::UseInVirtualizedCode<$ty, $class, $crate::__private::kind::$kind>
    };
}

/// Calls a macro with some of its arguments as expressions that it cannot look into: `in_place! { (println) ["{}",] (x) }`.
#[doc(hidden)]
#[macro_export]
macro_rules! __in_place {
    (@ $called:tt [$($done:tt)*] $outer:tt [$($tokens:tt)*] $($rest:tt)*) => {
        $crate::__private::in_place! { @ $called [$($done)* $($tokens)*] $outer $($rest)* }
    };
    (@ $called:tt [$($done:tt)*] $outer:tt ($argument:expr) $($rest:tt)*) => {
        $crate::__private::in_place! { @ $called [$($done)* $argument] $outer $($rest)* }
    };
    // A group, and what is to be done behind it.
    (@ $called:tt $done:tt $outer:tt { $($inner:tt)* } $($rest:tt)*) => {
        $crate::__private::in_place! { @ $called [] [$done [$($rest)*] $outer] $($inner)* }
    };
    (@ $called:tt [$($inner:tt)*] [[$($done:tt)*] [$($rest:tt)*] $outer:tt]) => {
        $crate::__private::in_place! { @ $called [$($done)* { $($inner)* }] $outer $($rest)* }
    };
    (@ ($($called:tt)*) [$($done:tt)*] []) => { $($called)* ! ($($done)*) };
    ($called:tt $($items:tt)*) => { $crate::__private::in_place! { @ $called [] [] $($items)* } };
}

/// `dbg!` that prints its arguments as the user wrote them: `dbg!((V_N.load(Relaxed)) x)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __dbg {
    (($written:expr $(,)?) $value:expr) => {
        match $value {
            value => {
                $crate::__private::std::eprintln!(
                    "[{}:{}:{}] {} = {:#?}",
                    $crate::__private::core::file!(),
                    $crate::__private::core::line!(),
                    $crate::__private::core::column!(),
                    $crate::__private::core::stringify!($written),
                    &value
                );
                value
            }
        }
    };
    ($($written:tt $value:expr),+) => { ($($crate::__private::dbg!($written $value)),+,) };
}

/// The message of an `assert!` of what the user wrote.
#[doc(hidden)]
#[macro_export]
macro_rules! __failed {
    ($written:expr $(,)?) => {
        $crate::__private::core::concat!("assertion failed: ", $crate::__private::core::stringify!($written))
    };
}

/// The accessor that a path stands for: where it stands for something else, rustc says so here.
#[doc(hidden)]
#[inline(always)]
pub const fn accessor<T, C: Class, K>(accessor: UseInVirtualizedCode<T, C, K>) -> UseInVirtualizedCode<T, C, K> {
    accessor
}
