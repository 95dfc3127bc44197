//! Builds without instances register no parts.

use std::alloc::Layout;
use std::any::Any;

use super::FieldEntry;
use crate::module::ModuleEntry;

/// Nothing can make one; the runtime's code for parts compiles all the same and does nothing.
#[doc(hidden)]
#[derive(Debug)]
pub enum PartEntry {}

impl PartEntry {
    pub(crate) fn module(&self) -> &'static ModuleEntry {
        match *self {}
    }

    pub(crate) fn fields(&self) -> &'static [FieldEntry] {
        match *self {}
    }

    pub(crate) fn layout(&self) -> Layout {
        match *self {}
    }

    pub(crate) unsafe fn publish(&self, _: usize) {
        match *self {}
    }

    pub(crate) fn unpublish(&self) {
        match *self {}
    }

    pub(crate) fn needs_drop(&self) -> bool {
        match *self {}
    }

    pub(crate) unsafe fn initialize(&self, _: *mut u8) {
        match *self {}
    }

    pub(crate) unsafe fn drop_in(&self, _: *mut u8, _: &mut dyn FnMut(&'static str, Box<dyn Any + Send>)) {
        match *self {}
    }
}
