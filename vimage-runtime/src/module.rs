//! Modules that are registered at run time.
//!
//! Boot registers all modules of the program, except those with `register = "manual"`. [`register`] registers such a module, or
//! one of a library that was loaded since, and [`unregister`] takes it away again.
//!
//! ```
//! #[vimage::module(name = "added", register = "manual")]
//! mod plugin {}
//!
//! vimage::module::register("added")?;
//! # Ok::<(), vimage::module::RegisterError>(())
//! ```
//!
//! # Modules in libraries that are loaded at run time
//!
//! A module in a library that was loaded with `dlopen` can be registered, and is then attached to all live instances, if
//! program and library share one copy of this crate. All of these conditions must hold:
//!
//! - **Collected by `inventory`.** Its entries add themselves in constructors, which the loader runs. With `linkme`
//!   the entries are in a section of the executable or library that they were linked into, and the runtime reads only
//!   the section of its own: it sees no module of a library, and if the runtime is in a `dylib`, none of the program.
//! - **One runtime.** This crate is part of a `dylib` that both link: a small crate of crate type `dylib` with
//!   `pub use vimage;` is enough. A program that links the runtime statically has a copy of its own, and so has a
//!   `cdylib` or a library that is linked with an `rlib` of it.
//! - **One std.** All of them are built with `-C prefer-dynamic`: two dynamic libraries that each contain std cannot be
//!   linked into one program, and a thread's panic or thread-locals must not be those of two stds.
//! - **One compiler.** Rust has no stable ABI: program and libraries are built by the same compiler, with the same
//!   versions and features of what they share, best in one `cargo build`.
//!
//! | library | collected by | what happens |
//! |---|---|---|
//! | `dylib`, runtime shared as `dylib`, `-C prefer-dynamic` | `inventory` | works |
//! | the same | `linkme` | only modules inside of the `dylib` are collected; all others are not registered: [`register`] is an error, uses of variables panic |
//! | `cdylib`, or anything else with a runtime of its own | either | see below |
//! | linked into the program | either | works, needs none of this |
//!
//! **A runtime of its own** has classes of its own, and boots by itself when it is first used. The instance that the
//! program has entered does not exist there: a use of a variable panics. In a class with `no_context = base` it does not
//! panic, but silently uses the base instance of the library's runtime, a second one that the program does not see.
//! [`register`] in the program does not find such a module. So use `dylib`s, and test that it works.
//!
//! **Never unload.** `dlclose` leaves the entries of the library in `inventory`'s list, its hooks in the tables of the
//! runtime, and pointers to its initial bytes and `Drop`s: all of them dangle. [`unregister`] removes hooks and variables, but not
//! the entries, so it is not enough. Unregister the modules of a library that is no longer needed, and keep it loaded:
//! `std::mem::forget` the `libloading::Library`.
//!
//! The folder `tests/plugin` of the repository has a program with such libraries.

use crate::boot;
use crate::core::dynamic;
pub use crate::error::RegisterError;
use crate::layout::{LinkedModule, link};
use crate::publish;
use crate::registry::{ClassEntry, ModuleEntry, classes, closest, collected};

/// Registers a module with `register = "manual"`, or one of a library that was loaded after boot, and attaches it to all
/// existing instances: the kernel's `MOD_LOAD`.
///
/// `name` is the module's name, or its Rust path if several modules have the name. The variables get a place in the
/// reserve at the end of each instance and are initialized in all instances; then code can use them; then the attach
/// hook runs in each instance, without arguments. Instances that are being created meanwhile attach the module themselves.
/// No lock is held while hooks run. Linear in the number of instances.
///
/// In builds without instances the variables of the module are statics, which code can use before this too, and the
/// attach hook runs once, for the base instance.
///
/// # Errors
///
/// [`RegisterError`]. Then no instance has the module, and its hooks are undone.
///
/// ```standalone_crate
/// #[vimage::module(register = "manual")]
/// mod plugin {
///     use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///     use vimage::prelude::*;
///
///     #[virtualized]
///     static RUNS: AtomicU32 = AtomicU32::new(0);
///
///     pub fn run() -> u32 {
///         V_RUNS.fetch_add(1, Relaxed) + 1
///     }
/// }
///
/// vimage::module::register("plugin")?;
/// assert_eq!(plugin::run(), 1);
/// // SAFETY: no code of the module runs, and nothing of it is borrowed.
/// unsafe { vimage::module::unregister("plugin")? };
/// # Ok::<(), vimage::module::RegisterError>(())
/// ```
pub fn register(name: &str) -> Result<(), RegisterError> {
    boot::ensure_over().map_err(RegisterError::Boot)?;
    let linked = find(name)?;
    let class = linked.entry.class;
    let Some(state) = class.state() else { return Err(RegisterError::UnknownClass { class: class.name }) };
    let registered = dynamic::register_in(state, linked);
    publish::refresh();
    registered
}

/// Unregisters a module that was registered with [`register`]: the kernel's `MOD_QUIESCE` and `MOD_UNLOAD`. Runs its
/// quiesce hook in the base instance, then its detach hook, and drops its variables there.
///
/// In builds without instances the variables are statics: they are not dropped, stay usable, and keep their values. If
/// the module is registered again, its attach hook finds the old values.
///
/// # Errors
///
/// [`RegisterError::InUse`] while any instance of its class except the base exists, or another module depends on it;
/// [`RegisterError::Refused`] by its quiesce hook; [`RegisterError::NotRegistered`], [`RegisterError::AtBoot`] and
/// [`RegisterError::Unknown`].
///
/// # Safety
///
/// No code of the module runs, and none of its variables is borrowed or held, from now on until it is registered
/// again.
///
/// ```
/// # vimage::boot()?;
/// // SAFETY: there is no such module, so that none of its code runs.
/// let error = unsafe { vimage::module::unregister("no_such_module") }.unwrap_err();
/// assert!(matches!(error, vimage::module::RegisterError::Unknown { .. }));
/// # Ok::<(), vimage::BootError>(())
/// ```
pub unsafe fn unregister(name: &str) -> Result<(), RegisterError> {
    boot::ensure_over().map_err(RegisterError::Boot)?;
    for class in classes() {
        // SAFETY: by contract.
        let unregistered = unsafe { dynamic::unregister_in(class.laid_out(), |module| is_named(module, name)) };
        if let Some(unregistered) = unregistered {
            publish::refresh();
            return unregistered;
        }
    }
    Err(not_registered(name))
}

/// Why there is no module of this name to take back.
fn not_registered(name: &str) -> RegisterError {
    let name = name.to_owned();
    let at_boot = |class: &ClassEntry| class.laid_out().modules.iter().any(|module| is_named(module.entry, &name));
    if classes().iter().any(|class| at_boot(class)) {
        return RegisterError::AtBoot { name };
    }
    let linked = link(&collected());
    if linked.iter().any(|module| is_named(module.entry, &name)) {
        return RegisterError::NotRegistered { name };
    }
    let closest = closest(&name, linked.iter().map(|module| module.entry.name));
    RegisterError::Unknown { name, closest }
}

fn is_named(entry: &ModuleEntry, name: &str) -> bool {
    entry.name == name || entry.path == name
}

/// The collected module of this name that no class has yet.
fn find(name: &str) -> Result<LinkedModule, RegisterError> {
    let mut candidates: Vec<LinkedModule> =
        link(&collected()).into_iter().filter(|module| is_named(module.entry, name)).collect();
    let all = candidates.len();
    candidates
        .retain(|module| !module.entry.class.state().is_some_and(|state| dynamic::is_registered(state, module.entry)));
    match candidates.len() {
        1 => Ok(candidates.remove(0)),
        0 if all > 0 => Err(RegisterError::Registered { name: name.to_owned() }),
        0 => {
            let closest = closest(name, link(&collected()).iter().map(|module| module.entry.name));
            Err(RegisterError::Unknown { name: name.to_owned(), closest })
        }
        _ => Err(RegisterError::Ambiguous {
            name: name.to_owned(),
            candidates: candidates.iter().map(|module| module.entry.to_string()).collect(),
        }),
    }
}
