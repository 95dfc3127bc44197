//! Modules, as they are registered.

use std::fmt;

use super::class::{Class, ClassEntry};
use super::hook::Hooks;

/// A module of a class; the type that stands for it is generated where the module is declared.
///
/// # Safety
///
/// Implemented by the module macros only: `ENTRY` must be of the class `Class` and belong to this type alone.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a vimage module")]
pub unsafe trait Module {
    /// The class it belongs to.
    type Class: Class;
    /// The modules that it depends on by path: `(A, (B, ()))`.
    #[doc(hidden)]
    type Dependencies;
    #[doc(hidden)]
    const ENTRY: &'static ModuleEntry;
}

/// How a module comes in.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// At boot, with all others.
    Boot,
    /// When the program asks for it.
    Manual,
}

/// Something that has to be attached before.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Dependency {
    /// The one module of this name, looked up at boot.
    Name(&'static str),
    /// This very module. A function, so that the entries of modules in a circle do not refer to each other: one error
    /// is enough.
    Path(fn() -> &'static ModuleEntry),
    /// Each module of this name, if there is any: order only.
    After(&'static str),
}

impl Dependency {
    /// A dependency by path. The class is compared by `depends_on!`.
    pub const fn path<M: Module>() -> Self {
        Self::Path(|| M::ENTRY)
    }
}

/// Called by `depends_on!`.
#[doc(hidden)]
pub const fn assert_may_be_depended_on<M: OfClass<C> + DoesNotDependOnItself, C>() {}

/// Holds for the modules of a class.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a module cannot depend on a module of another class than its own, `{C}`",
    label = "a module of another class",
    note = "an instance of `{C}` has modules of this class only"
)]
pub trait OfClass<C> {}

#[diagnostic::do_not_recommend]
impl<C, M: Module<Class: Same<C>>> OfClass<C> for M {}

#[doc(hidden)]
pub trait Same<T> {}

impl<T> Same<T> for T {}

/// A list of modules that is not empty.
#[doc(hidden)]
pub trait List {
    type First;
    type Others;
}

impl<First, Others> List for (First, Others) {
    type First = First;
    type Others = Others;
}

/// Holds for a module if it holds for all that it depends on by path, so that a module that depends on itself, by
/// whatever way round, is a compile error.
#[doc(hidden)]
pub trait DoesNotDependOnItself {}

impl<M: Module<Dependencies: DoesNotDependOnItself>> DoesNotDependOnItself for M {}

impl DoesNotDependOnItself for () {}

impl<First: DoesNotDependOnItself, Others: DoesNotDependOnItself> DoesNotDependOnItself for (First, Others) {}

/// The registered form of a module. Its identity is its address; the name is a label.
#[doc(hidden)]
pub struct ModuleEntry {
    pub(crate) class: &'static ClassEntry,
    pub(crate) name: &'static str,
    /// Rust path of the module it is declared in, which starts with the crate.
    pub(crate) path: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) register: Register,
    pub(crate) dependencies: &'static [Dependency],
    /// A function, because hooks refer to code that refers to the module.
    pub(crate) hooks: fn() -> Hooks,
}

impl ModuleEntry {
    /// An empty name stands for the last segment of the path.
    pub const fn new<C: Class>(
        name: &'static str,
        path: &'static str,
        file: &'static str,
        line: u32,
        register: Register,
        dependencies: &'static [Dependency],
        hooks: fn() -> Hooks,
    ) -> Self {
        let name = if name.is_empty() { last_segment(path) } else { name };
        Self { class: C::ENTRY, name, path, file, line, register, dependencies, hooks }
    }
}

/// Says which one is meant where names are not enough: `foo (my_crate::net::foo, src/net.rs:7)`.
impl fmt::Display for ModuleEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {}:{})", self.name, self.path, self.file, self.line)
    }
}

impl fmt::Debug for ModuleEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const fn last_segment(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut start = bytes.len();
    while start > 0 && bytes[start - 1] != b':' {
        start -= 1;
    }
    path.split_at(start).1
}
