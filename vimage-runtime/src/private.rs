//! The names that expansions use. Not for users: nothing here is covered by semantic versioning, and what is
//! `unsafe` states what the macros guarantee.

#[cfg(all(feature = "linkme", not(feature = "inventory")))]
pub use crate::registry::VIMAGE_ENTRIES;
pub use crate::registry::{
    Arguments, AttachFn, BoxError, Class, ClassContext, ClassEntry, Dependency, Entry, FieldEntry, HasOneAttachHook,
    HasOneDetachHook, HasOneQuiesceHook, HookArgument, HookResult, Hooks, HooksOf, List, Module, ModuleEntry,
    NoContext, NoHooks, Register, Template, assert_may_be_depended_on,
};
#[cfg(feature = "vimage")]
pub use crate::registry::{Context, ContextCells, NO_CONTEXTS};

pub use crate::names::InstanceRef;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use crate::names::{locate, locate_raw};
#[cfg(all(feature = "linkme", not(feature = "inventory")))]
pub use crate::{export::VIMAGE_PUBLISHERS, stray::VIMAGE_TESTS, symmap::VIMAGE_SYMBOLS, sysctl::VIMAGE_SYSCTLS};

pub use crate::export::Publisher;
#[cfg(feature = "vimage")]
pub use crate::storage::field;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use crate::storage::suspended::{
    Argument, FoundLater, IsList, LookThrough, LookThroughOther, NothingToLookThrough, Receiver, Unchanging, after,
    argument, in_turn, is_list, is_unchanging, receiver, settled, suspend,
};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use crate::storage::{Part, Recovered, Region, Resolved, UseInVirtualizedCode, VariableEntry, accessor, kind};
pub use crate::storage::{assert, assert_send};
pub use crate::stray::TestEntry;
#[cfg(feature = "vimage")]
pub use crate::sync::thread_local;
pub use crate::testing::{
    Test, run, run_async, run_main, run_main_async, run_panicking, run_panicking_async, run_should_panic,
    run_should_panic_async,
};
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use crate::{
    __accessor_type as accessor_type, __dbg as dbg, __failed as failed, __in_place as in_place, __part as part,
    __recovered as recovered, __slot as slot, __storage as storage,
};
pub use crate::{
    __class as class, __class_context as class_context, __dependencies as dependencies, __depends_on as depends_on,
    __hook as hook, __hooks_of as hooks_of, __module as module, __register as register, __this_test as this_test,
};
#[cfg(feature = "inventory")]
pub use inventory;
#[cfg(feature = "linkme")]
pub use linkme;
pub use vimage_macros::test_body;

pub use crate::symmap::SymbolEntry;
pub use crate::sysctl::{
    Handled, ReadOnly, ReadWrite, SysctlEntry, Text, Textless, Unread, Wordless, assert_has_text, within,
};
pub use crate::{__symbol as symbol, __sysctl as sysctl};

/// The types of fields, by kind.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod slot {
    pub use crate::storage::Keep;
    pub use crate::storage::slot::*;
}

/// The argument of a handler, by the name that `sysctl!` uses.
pub mod pointer {
    pub use crate::sysctl::{Raw, Reference};
}

/// The pointer of a symbol, by the same names.
pub mod symbol_target {
    pub use crate::symmap::{RawSymbol as Raw, SharedSymbol as Reference};
}

/// The items of `core` that expansions use. They say `$crate::__private::core`, because `::core` is what the user's crate has under
/// that name. Only what is used, because with all of it rustc takes what it shows in errors for hidden.
pub mod core {
    pub use ::core::{column, concat, file, line, module_path, primitive, stringify};

    pub mod cell {
        pub use ::core::cell::Cell;
    }
    pub mod mem {
        pub use ::core::mem::{offset_of, size_of};
    }
    pub mod ops {
        pub use ::core::ops::Fn;
    }
    pub mod option {
        pub use ::core::option::Option;
    }
    pub mod result {
        pub use ::core::result::Result;
    }
}

/// The items of `std` that they use.
pub mod std {
    pub use ::std::eprintln;

    pub mod string {
        pub use ::std::string::{String, ToString};
    }
}

/// The macros of the standard library that expansions rely on, for comparison with what has their names elsewhere; and
/// what it takes to call them.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod std_macros {
    pub use ::std::fmt::Write as _;
    pub use ::std::pin::pin;
    pub use ::std::string::String as __String;
    pub use ::std::task::Poll as __Poll;
    pub use ::std::task::ready;
    pub use ::std::vec::Vec as __Vec;
    pub use ::std::{
        assert, assert_eq, assert_ne, dbg, debug_assert, debug_assert_eq, debug_assert_ne, eprint, eprintln, format,
        format_args, matches, print, println, vec, write, writeln,
    };
}
