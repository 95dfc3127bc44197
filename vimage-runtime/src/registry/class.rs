//! Classes: the major groups of modules that are virtualized as one.

use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::AtomicPtr;

use super::context::ClassContext;

/// A class of modules: [`Net`], [`Cpu`], [`Procg`], or one made with [`class!`](crate::class!).
///
/// Each instance of a class ([`Instance<C>`](crate::Instance)) holds the variables of all modules of that class.
///
/// # Safety
///
/// Implemented by [`class!`](crate::class!) only: `ENTRY` and `CONTEXT` must belong to this type alone, and
/// `ENTRY` must say the same as `CONTEXT` and `NO_CONTEXT`.
///
/// ```
/// use vimage::{Class, CreateError, Instance};
///
/// /// Makes two instances of any class.
/// fn two<C: Class>() -> Result<[Instance<C>; 2], CreateError> {
///     Ok([Instance::new()?, Instance::new()?])
/// }
/// # #[cfg(feature = "vimage")] {
/// let [one, other] = two::<vimage::Program>()?;
/// assert_ne!(one, other);
/// # }
/// # Ok::<(), CreateError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a class of modules",
    label = "not a class",
    note = "classes are `vimage::kernel::Net`, `vimage::kernel::Cpu`, `vimage::kernel::Procg`, or declared with `vimage::class! {{ pub struct {Self}; }}`"
)]
pub unsafe trait Class: Sized + Send + Sync + 'static {
    /// This class, or the one that this one stands for.
    #[doc(hidden)]
    type Itself: Class;
    #[doc(hidden)]
    const ENTRY: &'static ClassEntry;
    #[doc(hidden)]
    const CONTEXT: ClassContext;
    #[doc(hidden)]
    const NO_CONTEXT: NoContext;
}

/// The meaning of a use of a variable where no instance is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoContext {
    /// An accessor panics and says how to enter an instance.
    Panic,
    /// An accessor resolves to the base instance, after boot, which it starts if need be.
    Base,
}

/// The registered form of a class.
#[doc(hidden)]
pub struct ClassEntry {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) no_context: NoContext,
    #[cfg_attr(not(feature = "vimage"), expect(dead_code, reason = "there is always a context"))]
    pub(crate) context: ClassContext,
    /// The state that boot makes: a `ClassState`, a type of the floor above, which alone sets and reads this. It is never
    /// freed; null before boot.
    pub(crate) state: AtomicPtr<()>,
    /// The address of the base instance, which tells it from others.
    pub(crate) base: OnceLock<usize>,
}

/// Its name; what is in it leads back to it.
impl fmt::Debug for ClassEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl ClassEntry {
    /// `path` is the Rust path of the module that declares the class.
    ///
    /// # Safety
    ///
    /// No other class has this context, and nothing but the runtime reaches the thread-local that it is in.
    pub const unsafe fn new(
        name: &'static str,
        path: &'static str,
        no_context: NoContext,
        context: ClassContext,
    ) -> Self {
        Self { name, path, no_context, context, state: AtomicPtr::new(std::ptr::null_mut()), base: OnceLock::new() }
    }
}

// What is behind `state` is changed under locks, by code that does not panic half-way.
impl RefUnwindSafe for ClassEntry {}

// Entries are compared by address: names are labels.
impl PartialEq for ClassEntry {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Declares a class; the `class!` proc macro checks the user's input and ends here.
#[doc(hidden)]
#[macro_export]
macro_rules! __class {
    ($(#[$attr:meta])* $vis:vis $name:ident, $no_context:ident $(, $index:literal)?) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        const _: () = {
            // SAFETY: the context is an item of the constant below, which is this class's own.
            static __VIMAGE_CLASS: $crate::__private::ClassEntry = unsafe {
                $crate::__private::ClassEntry::new(
                    $crate::__private::core::stringify!($name),
                    $crate::__private::core::module_path!(),
                    <$name as $crate::__private::Class>::NO_CONTEXT,
                    <$name as $crate::__private::Class>::CONTEXT,
                )
            };

            // SAFETY: the entry and the context are items of this block, which nothing else can name, and the
            // entry is made with this very context.
            unsafe impl $crate::__private::Class for $name {
                type Itself = Self;
                const ENTRY: &'static $crate::__private::ClassEntry = &__VIMAGE_CLASS;
                const CONTEXT: $crate::__private::ClassContext = $crate::__private::class_context!($($index)?);
                const NO_CONTEXT: $crate::__private::NoContext = $crate::__private::NoContext::$no_context;
            }

            $crate::__private::register!(VIMAGE_ENTRIES: $crate::__private::Entry = $crate::__private::Entry::Class(&__VIMAGE_CLASS));
        };
    };
}

__class! {
    /// Networking: the kernel's `V_NET`. Its instances are [`Vnet`](crate::kernel::Vnet)s.
    ///
    /// ```
    /// let base = vimage::boot()?.instance::<vimage::kernel::Net>();
    /// assert!(base.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub Net, Panic, 0
}

__class! {
    /// Processor scheduling: the kernel's `V_CPU`. Its instances are [`Vcpu`](crate::kernel::Vcpu)s.
    ///
    /// ```
    /// let base = vimage::boot()?.instance::<vimage::kernel::Cpu>();
    /// assert!(base.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub Cpu, Panic, 1
}

__class! {
    /// Processes and their protection: the kernel's `V_PROCG`. Its instances are [`Vprocg`](crate::kernel::Vprocg)s.
    ///
    /// ```
    /// let base = vimage::boot()?.instance::<vimage::kernel::Procg>();
    /// assert!(base.is_base());
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    pub Procg, Panic, 2
}

__class! {
    /// The state of a program: the class that every crate can name, and that `#[vimage::module]` declares its module of
    /// where it names no other. Code that enters no instance works on the base instance, as with plain statics.
    ///
    /// ```
    /// use vimage::{Instance, Program};
    ///
    /// // No instance is entered.
    /// assert!(Instance::<Program>::current().unwrap().is_base());
    /// ```
    pub Program, Base, 3
}
