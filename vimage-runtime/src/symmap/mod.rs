//! Variables that tools look up by name and read at their address: the kernel's symbol map.
//!
//! A variable is a symbol if it is `#[virtualized(symmap)]` or `#[shared(symmap)]`, or a virtualized variable of a module
//! with the option `symmap`. The name of the symbol is that of the static in lower case.
//!
//! ```
//! # use vimage::prelude::*;
//! #[vnet_module]
//! mod foo {
//!     use std::sync::atomic::AtomicU64;
//!     use vimage::prelude::*;
//!
//!     #[virtualized(symmap)]
//!     pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
//! }
//!
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//! let base = vimage::kernel::Vnet::base()?;
//! let symbol = vimage::symmap::lookup(&base, "foo_counter")?;
//! assert_eq!(symbol.size(), 8);
//! assert_eq!(symbol.get::<AtomicU64>().unwrap().load(Relaxed), 7);
//! assert!(symbol.get::<u64>().is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In each build
//!
//! The names are the same. Without instances the address is that of the plain static.

mod entry;

use std::any::{Any, TypeId};
use std::error::Error as StdError;
use std::fmt;
use std::ptr::NonNull;

use crate::core::HasInstances;
use crate::error::BootError;
use crate::names::{self, InstanceRef, Names, Table};
use crate::registry::{closest, collection};

#[doc(hidden)]
pub use entry::{RawSymbol, SharedSymbol, SymbolEntry};

/// A variable of one instance; from [`lookup`] and [`symbols`].
///
/// ```
/// # use vimage::prelude::*;
/// #[vimage::module(symmap)]
/// mod cache {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized]
///     static CACHE_SIZE: AtomicU32 = AtomicU32::new(100);
/// }
///
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// let base = vimage::boot()?;
/// let symbol = vimage::symmap::lookup(&base, "cache_size")?;
/// assert_eq!((symbol.name(), symbol.module(), symbol.class()), ("cache_size", "cache", "Program"));
/// assert!(symbol.path().ends_with("::cache") && symbol.type_name().ends_with("AtomicU32"));
/// assert_eq!((symbol.size(), symbol.align(), symbol.is_shared()), (4, 4, false));
/// let size = symbol.get::<AtomicU32>().unwrap(); // checked; the address needs `unsafe`
/// assert_eq!((size.load(Relaxed), symbol.address()), (100, std::ptr::from_ref(size).cast()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Symbol<'a> {
    entry: &'static SymbolEntry,
    instance: InstanceRef<'a>,
    address: NonNull<()>,
}

// SAFETY: it returns `&T` of `Sync` types only, and otherwise an address.
unsafe impl Send for Symbol<'_> {}
// SAFETY: as above.
unsafe impl Sync for Symbol<'_> {}

impl<'a> Symbol<'a> {
    /// Returns the name, in lower case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry.identity.name
    }

    /// Returns the name of the module.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.entry.identity.module.name
    }

    /// Returns the Rust path of the module, which starts with the crate.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.entry.identity.module.path
    }

    /// Returns the name of the class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        self.entry.identity.module.class.name
    }

    /// Returns the name of the type, as [`std::any::type_name`] does.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.entry.target.shape().type_name
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.entry.target.shape().layout.size()
    }

    /// Returns the alignment in bytes.
    #[must_use]
    pub fn align(&self) -> usize {
        self.entry.target.shape().layout.align()
    }

    /// Returns whether all instances share the variable.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.entry.shared
    }

    /// Returns the address in this instance. Reading through it is `unsafe`: other threads may write the variable.
    #[must_use]
    pub fn address(&self) -> *const () {
        self.address.as_ptr()
    }

    /// Returns the variable if its type is `T`; never that of a `static mut`, which has only an address.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&'a T> {
        let target = self.entry.target;
        if target.shape().shared_as != Some(TypeId::of::<T>()) {
            return None;
        }
        let address = target.find(self.instance)?;
        // SAFETY: `shared_as` is `T`, so by the contract of `SymbolTarget` this is the address of a `T` that can be shared
        // for the lifetime of the instance, which is `'a`.
        Some(unsafe { address.cast().as_ref() })
    }
}

/// `foo::foo_counter: AtomicU64 at 0x…`
impl fmt::Debug for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}: {} at {:?}", self.module(), self.name(), self.type_name(), self.address)
    }
}

/// Looks up a variable of an instance or vimage. If several have the name, `module::name` identifies one, with the name or
/// the Rust path of the module. It costs a look-up in a hash table; the first one makes the table.
///
/// # Errors
///
/// [`Error`].
///
/// ```
/// # use vimage::prelude::*;
/// #[vimage::module]
/// mod looked_up {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(symmap)]
///     static LOOKED_UP: AtomicU32 = AtomicU32::new(7);
/// }
///
/// let base = vimage::boot()?;
/// let symbol = vimage::symmap::lookup(&base, "looked_up")?;
/// assert_eq!(symbol.address(), vimage::symmap::lookup(&base, "looked_up::looked_up")?.address());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lookup<'a>(instance: &'a impl HasInstances, name: &str) -> Result<Symbol<'a>, Error> {
    NAMES.with(|table| lookup_in(table, instance, name)).map_err(Error::Boot)?
}

fn lookup_in<'a>(table: &Table<SymbolEntry>, instance: &'a dyn HasInstances, name: &str) -> Result<Symbol<'a>, Error> {
    let of_entry = |entry: &SymbolEntry| instance.instance_of(entry.identity.module.class);
    let found = table.find(name, get_lower_case).filter_map(|entry| Some((entry, of_entry(entry)?)));
    let mut first_two = found.clone();
    match (first_two.next(), first_two.next()) {
        (Some((entry, handle)), None) => {
            Symbol::new(entry, InstanceRef::new(handle)).ok_or_else(|| Error::Gone { name: name.to_owned() })
        }
        (None, _) => {
            let own = table.entries().filter(|entry| of_entry(entry).is_some());
            Err(Error::Unknown { name: name.to_owned(), closest: closest(name, own.map(|entry| entry.identity.name)) })
        }
        _ => {
            let several: Vec<_> = found.map(|(entry, _)| entry).collect();
            Err(Error::Ambiguous { name: name.to_owned(), candidates: names::candidates(&several) })
        }
    }
}

/// The symbols of this name, whatever its case.
fn get_lower_case<'t>(table: &'t Table<SymbolEntry>, name: &str) -> &'t [&'static SymbolEntry] {
    let mut buffer = [0; 64];
    match buffer.get_mut(..name.len()) {
        // Most names need no allocation.
        Some(lower) if name.is_ascii() => {
            lower.copy_from_slice(name.as_bytes());
            lower.make_ascii_lowercase();
            std::str::from_utf8(lower).map_or(&[], |lower| table.get(lower))
        }
        _ => table.get(&name.to_lowercase()),
    }
}

/// All symbols of an instance, or of all instances of a [`Vimage`](crate::Vimage), sorted by name.
///
/// # Errors
///
/// [`Error::Boot`].
///
/// ```
/// let base = vimage::boot()?;
/// for symbol in vimage::symmap::symbols(&base)? {
///     println!("{symbol:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn symbols(instance: &impl HasInstances) -> Result<Vec<Symbol<'_>>, Error> {
    let mut all = Vec::new();
    for handle in instance.instances() {
        all.extend(symbols_of(InstanceRef::new(handle))?);
    }
    all.sort_by_key(Symbol::name);
    Ok(all)
}

fn symbols_of(instance: InstanceRef<'_>) -> Result<Vec<Symbol<'_>>, Error> {
    let class = instance.header().map(|header| header.class);
    // The table has them in order.
    let own = |table: &Table<SymbolEntry>| -> Vec<_> {
        table.entries().filter(|entry| Some(entry.identity.module.class) == class).collect()
    };
    let own = NAMES.with(own).map_err(Error::Boot)?;
    Ok(own.into_iter().filter_map(|entry| Symbol::new(entry, instance)).collect())
}

impl<'a> Symbol<'a> {
    #[cfg(all(feature = "inspect", unix))]
    pub(crate) fn entry(&self) -> &'static SymbolEntry {
        self.entry
    }

    fn new(entry: &'static SymbolEntry, instance: InstanceRef<'a>) -> Option<Self> {
        Some(Self { entry, instance, address: entry.target.find(instance)? })
    }
}

/// Why a symbol was not found.
///
/// ```
/// let base = vimage::boot()?;
/// let error = vimage::symmap::lookup(&base, "no_such_symbol").unwrap_err();
/// assert!(matches!(error, vimage::symmap::Error::Unknown { .. }));
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// No symbol of the instance's class has this name.
    Unknown {
        /// The name.
        name: String,
        /// The closest existing name.
        closest: Option<String>,
    },
    /// Several symbols have this name; put the module before it: `module::name`.
    Ambiguous {
        /// The name.
        name: String,
        /// The names that identify each of them, with crate and line.
        candidates: Vec<String>,
    },
    /// The module is unregistered.
    Gone {
        /// The name.
        name: String,
    },
    /// There is no base instance.
    Boot(BootError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, closest } => names::write_unknown(f, "symbol", name, closest.as_deref()),
            Self::Ambiguous { name, candidates } => names::write_ambiguous(f, name, candidates),
            Self::Gone { name } => write!(f, "`{name}`: the module is unregistered"),
            Self::Boot(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Boot(error) => error.source(),
            _ => None,
        }
    }
}

collection! { VIMAGE_SYMBOLS: &'static SymbolEntry }

static NAMES: Names<SymbolEntry> = Names::new(collected);

/// The symbols of registered modules, by name.
pub(crate) fn all() -> Result<Vec<&'static SymbolEntry>, BootError> {
    NAMES.with(|table| table.entries().collect())
}
