//! A library for C programs that checks itself.

/// Checks this library, and prints what it saw; 0 if it works.
#[unsafe(no_mangle)]
pub extern "C" fn linking_check() -> i32 {
    match probe::check() {
        Ok(saw) => println!("works: {saw}"),
        Err(error) => {
            println!("{error}");
            return 1;
        }
    }
    0
}
