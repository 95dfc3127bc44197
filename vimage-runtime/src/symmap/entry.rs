//! Symbols as they are registered.

use std::alloc::Layout;
use std::any::TypeId;
use std::fmt;
use std::ptr::NonNull;

use crate::names::{Identity, InstanceRef, Located, Named};
use crate::registry::Module;

/// The registered form of a symbol. `symbol!` makes it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct SymbolEntry {
    pub(super) identity: Identity,
    pub(super) shared: bool,
    pub(super) target: &'static (dyn SymbolTarget + Sync),
}

impl SymbolEntry {
    /// A symbol of the module `M`.
    pub const fn new<M: Module>(
        name: &'static str,
        file: &'static str,
        line: u32,
        shared: bool,
        target: &'static (dyn SymbolTarget + Sync),
    ) -> Self {
        Self { identity: Identity { name, module: M::ENTRY, file, line }, shared, target }
    }
}

impl Named for SymbolEntry {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn variable(&self) -> Option<&'static str> {
        // The name is that of the variable.
        None
    }
}

impl fmt::Debug for SymbolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SymbolEntry").field(&self.identity).finish()
    }
}

/// The properties of a variable that do not depend on the instance.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// `None` if the variable must not be reached by reference.
    pub(super) shared_as: Option<TypeId>,
    pub(super) type_name: &'static str,
    pub(super) layout: Layout,
}

impl Shape {
    fn of<T: 'static>(shared_as: Option<TypeId>) -> Self {
        Self { shared_as, type_name: std::any::type_name::<T>(), layout: Layout::new::<T>() }
    }
}

/// A variable of any type.
///
/// # Safety
///
/// If the shape is `shared_as` a type `T`, then `find` returns, for an `InstanceRef<'a>`, the address of a `T` that can be
/// shared for `'a`, also with other threads.
#[doc(hidden)]
pub unsafe trait SymbolTarget {
    fn shape(&self) -> Shape;
    fn find(&self, instance: InstanceRef<'_>) -> Option<NonNull<()>>;
}

/// A variable that is reached by reference.
#[doc(hidden)]
pub struct SharedSymbol<T: 'static>(pub for<'a> fn(InstanceRef<'a>) -> Option<&'a T>);

// SAFETY: the function returns a reference, to a `Sync` type.
unsafe impl<T: Sync + 'static> SymbolTarget for SharedSymbol<T> {
    fn shape(&self) -> Shape {
        Shape::of::<T>(Some(TypeId::of::<T>()))
    }

    fn find(&self, instance: InstanceRef<'_>) -> Option<NonNull<()>> {
        (self.0)(instance).map(|variable| NonNull::from(variable).cast())
    }
}

/// A `static mut`, of which only the address is known.
#[doc(hidden)]
pub struct RawSymbol<T: 'static>(pub fn(InstanceRef<'_>) -> Option<*mut T>);

// SAFETY: the shape is not `shared_as` any type.
unsafe impl<T: 'static> SymbolTarget for RawSymbol<T> {
    fn shape(&self) -> Shape {
        Shape::of::<T>(None)
    }

    fn find(&self, instance: InstanceRef<'_>) -> Option<NonNull<()>> {
        (self.0)(instance).and_then(NonNull::new).map(NonNull::cast)
    }
}

impl SymbolEntry {
    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Returns whether it is a `static mut`.
    pub(crate) fn is_raw(&self) -> bool {
        self.target.shape().shared_as.is_none()
    }

    /// The variable in an instance.
    pub(crate) fn locate(&self, instance: InstanceRef<'_>) -> Option<Located> {
        let Shape { type_name, layout, .. } = self.target.shape();
        Some(Located { address: self.target.find(instance)?, type_name, layout })
    }
}

/// Declares a symbol; the option `symmap` expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __symbol {
    (module = $module:path; name = $name:expr; shared = $shared:expr; find = $kind:ident($find:expr);) => {
        const _: () = {
            static __VIMAGE_SYMBOL: $crate::__private::SymbolEntry = $crate::__private::SymbolEntry::new::<$module>(
                $name,
                $crate::__private::core::file!(),
                $crate::__private::core::line!(),
                $shared,
                const { &$crate::__private::symbol_target::$kind($find) },
            );
    $crate::__private::register!(VIMAGE_SYMBOLS: &'static $crate::__private::SymbolEntry = &__VIMAGE_SYMBOL);
        };
    };
}
