//! The records by which another process, or the reader of a core file, finds instances, modules and variables. The
//! format is described in `docs/src/export.md`; the reader is the package `vimage-inspect`.
//!
//! Nothing here is read by the program itself, and nothing waits for a reader: whoever writes a record stores it in an
//! order from which a reader can tell what it has read.

mod chunks;
mod current;
#[cfg(all(test, vimage_shuttle))]
mod models;
mod record;
mod root;

use crate::registry::collection;

pub(crate) use chunks::Chunks;
pub(crate) use record::{
    ClassRecord, InstanceRecord, LayoutRecord, ModuleRecord, SysctlRecord, Tables, Text, VariableRecord, address, flag,
};
pub(crate) use root::replace;

/// A function that boot calls when the base instances exist, before their attach hooks run.
///
/// The floors above boot use it to export what they know.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Publisher(pub fn());

collection! { VIMAGE_PUBLISHERS: Publisher }

/// Calls every [`Publisher`].
pub(crate) fn publish() {
    for Publisher(publish) in collected() {
        publish();
    }
}
