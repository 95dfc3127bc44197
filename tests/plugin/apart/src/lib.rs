//! The same module in a library that brings a runtime of its own.

use vimage::prelude::*;

#[vnet_module]
pub mod apart {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static WORK: AtomicU64 = AtomicU64::new(0);

    pub fn work() -> u64 {
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

/// Calls the module, and writes what the panic said to `text`; returns its length, or 0 if there was no panic with a text.
///
/// Plain bytes, because this library has an allocator of its own as well.
///
/// # Safety
///
/// `text` points to `size` bytes that are initialized, and that nobody else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn apart_panics(text: *mut u8, size: usize) -> usize {
    // SAFETY: by contract.
    let text = unsafe { std::slice::from_raw_parts_mut(text, size) };
    let Err(panic) = std::panic::catch_unwind(apart::work) else { return 0 };
    let Some(said) = panic.downcast_ref::<String>() else { return 0 };
    let length = said.len().min(size);
    text[..length].copy_from_slice(&said.as_bytes()[..length]);
    length
}
