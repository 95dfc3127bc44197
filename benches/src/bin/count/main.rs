//! What is counted by `cargo xtask bench`, but for the life of instances and the library.

mod access;
mod contexts;
mod handles;
mod links;
mod names;

use std::error::Error;

use vimage::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    if !benches::callgrind::is_running() {
        return Err("this counts under callgrind only: cargo xtask bench".into());
    }
    vimage::boot()?;
    let vnet = Vnet::builder().name("counted").create()?;
    access::count("Access", &vnet);
    contexts::count(&vnet)?;
    handles::count(&vnet)?;
    names::count(&vnet)?;
    links::count(&vnet)?;
    Ok(())
}
