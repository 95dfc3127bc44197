//! Loads the library of `benches/library` and has it count.

use std::error::Error;

use libloading::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let name = libloading::library_filename("benches_library");
    let path = std::env::current_exe()?.with_file_name(name);
    // SAFETY: what the library runs when it is loaded is what Rust programs run, and its function is of this type.
    let counted = unsafe { Library::new(&path)?.get::<extern "C" fn() -> bool>(b"vimage_benches_count")?() };
    if counted { Ok(()) } else { Err("this counts under callgrind only: cargo xtask bench".into()) }
}
