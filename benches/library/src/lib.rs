//! The functions that reach variables, in a library that the program `loaded` loads. It has everything in itself: the
//! variables, the runtime, and the loop around what is counted.

#[path = "../../src/bin/count/access.rs"]
mod access;

use vimage::prelude::*;

/// Counts, and says whether it could.
// SAFETY: no other library or program here has a function of this name.
#[unsafe(no_mangle)]
pub extern "C" fn vimage_benches_count() -> bool {
    if !benches::callgrind::is_running() || vimage::boot().is_err() {
        return false;
    }
    Vnet::new().map(|vnet| access::count("Access in a cdylib", &vnet)).is_ok()
}
