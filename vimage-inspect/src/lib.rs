//! Reads the instances, modules and variables of a program that uses [vimage](https://docs.rs/vimage) from outside: of a
//! running process, which does not have to help, or of a core file.
//!
//! ```no_run
//! let process = vimage_inspect::Process::open(1234)?;
//! let look = process.look()?;
//! for instance in look.instances() {
//!     let class = &look.classes()[instance.class];
//!     println!("{}#{} {:?}: {}", class.name, instance.id, instance.name, instance.state);
//!     for sysctl in look.sysctls().iter().filter(|sysctl| look.class_of(&sysctl.variable) == instance.class) {
//!         match look.get(sysctl, instance) {
//!             Ok(value) => println!("  {}: {value}", sysctl.variable.name),
//!             Err(error) => eprintln!("  {}: {error}", sysctl.variable.name),
//!         }
//!     }
//! }
//! # Ok::<(), vimage_inspect::Error>(())
//! ```
//!
//! The program needs no feature, no socket and no thread, in every build, stripped or not. It is not stopped, and nothing of
//! it is written or run. What is read is checked: a damaged or hostile file is an [`Error`], in bounded time and memory. The
//! format of the records is described in `docs/src/export.md` of the repository.
//!
//! Values are shown of numbers, `bool`, `char`, text, arrays, `Vec`s, `Box`es and `Option`s of these, atomics, and std's `Mutex`, `RwLock`,
//! `OnceLock` and `LazyLock` of these. Of all other types they are shown if the program has debug information: structs,
//! enums, tuples, references, std's collections, cells and counted pointers, to a bounded depth and number of elements.

#![forbid(unsafe_code)]

mod core;
mod debuginfo;
mod error;
mod image;
mod look;
mod memory;
mod names;
mod process;
mod slots;
mod tables;
mod types;
mod value;

pub use crate::core::Core;
pub use error::{Error, ValueError};
pub use look::{Instance, Look};
pub use names::{NameError, Named};
pub use process::Process;
pub use tables::{Class, Kind, Module, Sysctl, Variable};
pub use value::{Fields, NotShown, Value};
