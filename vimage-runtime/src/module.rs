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
//! A module in a library that is loaded with `dlopen` can be registered, and is then attached to all live instances, if
//! program and library share one copy of this crate. It works if all of this is so:
//!
//! - **Collected by `inventory`.** Its entries add themselves in constructors, which the loader runs. With `linkme`
//!   the entries are in a section of the executable or library they were linked into, and the runtime looks at the
//!   section of its own only. What a library brings is not seen, and if the runtime is in a `dylib`, nor is what the
//!   program has.
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
//! | the same | `linkme` | only modules inside of the `dylib` are collected; all others are not registered: [`register`] is an error, mentions panic |
//! | `cdylib`, or anything else with a runtime of its own | either | see below |
//! | linked into the program | either | works, needs none of this |
//!
//! **A runtime of its own** has classes of its own, and boots by itself when it is first used. It knows nothing of
//! the instance that the program has entered: a mention panics, because in that runtime nothing was entered. In a class with
//! `no_context = base` it does not panic: the mention silently resolves to the base instance of the library's
//! runtime, a second one, that the program does not see. [`register`] in the program does not find such a module. So
//! use `dylib`s, and test it.
//!
//! **Never unload.** `dlclose` leaves the entries of the library in `inventory`'s list, its hooks in the tables of the
//! runtime, and its variables' initial bytes and `Drop`s where each new or ending instance looks for them: all of that
//! dangles. [`unregister`] takes hooks and variables out of use, but not the entries, so that it is not enough either. A
//! library that may not be used any more is unregistered, and stays where it is: `std::mem::forget` the
//! `libloading::Library`.
//!
//! The folder `tests/plugin` of the repository has a program with such libraries.

use crate::boot;
use crate::core::dynamic;
pub use crate::error::RegisterError;
use crate::layout::{LinkedModule, link};
use crate::registry::{ClassEntry, ModuleEntry, classes, closest, collected};

/// Registers a module with `register = "manual"`, or one that was loaded after boot, and attaches it to every
/// instance there is: the kernel's `MOD_LOAD`.
///
/// `name` is the module's name, or its Rust path where several bear the name. Its variables are laid into the
/// reserve at the end of each instance, initialized in all of them, and only then can be reached; then its attach
/// hooks run, instance by instance, without arguments. Instances that are being made meanwhile attach it themselves.
/// No lock is held while hooks run. Linear in the number of instances.
///
/// In builds without instances the variables of the module are statics, which are usable before this as well, and the
/// attach hook runs once, for the base instance.
///
/// # Errors
///
/// [`RegisterError`]; in each case no instance has the module then, and its hooks have been undone.
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
    dynamic::register_in(state, linked)
}

/// Takes a module back that was registered with [`register`]: the kernel's `MOD_QUIESCE` and `MOD_UNLOAD`. Runs its
/// quiesce hook in the base instance, then its detach hook, and drops its variables there.
///
/// In builds without instances the variables are statics: they are not dropped, stay usable, and keep their values. If
/// the module is registered again, its attach hook finds the old ones.
///
/// # Errors
///
/// [`RegisterError::InUse`] while any instance of its class but the base exists, or another module depends on it;
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
