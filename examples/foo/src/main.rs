//! Three networks on one machine, each with a foo of its own.
//!
//! `cargo run -p foo` makes them; `cargo run -p foo --no-default-features` is the same source as plain statics, so
//! that there is the base machine only.

mod foo;
mod loif;

use std::error::Error;

use foo::{Event, foo_mod_event, foo_set_debug, foo_stat, foo_tick, foo_work};
use vimage::CreateError;
use vimage::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    foo_set_debug(true);
    // One network is there before foo is, two come later.
    let mut vnets: Vec<Vnet> = make("red")?.into_iter().collect();
    // SAFETY: loading asks nothing of us.
    unsafe { foo_mod_event(Event::Load)? };
    for name in ["green", "blue"] {
        vnets.extend(make(name)?);
    }
    for (vnet, packets) in vnets.iter().zip(1..) {
        vnet.enter(|| (0..packets).for_each(|_| foo_work()));
    }
    Vnet::base()?.enter(foo_work);
    foo_tick();
    print_table();

    if let Some(blue) = vnets.pop() {
        println!("\nDestroying {}:", blue.name().unwrap_or_default());
        blue.destroy()?;
        foo_tick();
        print_table();
    }

    println!();
    unload();
    if !vnets.is_empty() {
        println!("\nDestroying the others:");
        // The last one first, each by itself, so that none is missed if one refuses.
        while let Some(vnet) = vnets.pop() {
            vnet.destroy()?;
        }
        unload();
    }
    Ok(())
}

/// A network, where there are any.
fn make(name: &str) -> Result<Option<Vnet>, CreateError> {
    match Vnet::builder().name(name).create() {
        Ok(vnet) => Ok(Some(vnet)),
        Err(error @ CreateError::NotVirtualized) => {
            println!("{name}: {error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn unload() {
    // SAFETY: no other thread runs, this one is not in foo, and does not come back to it.
    match unsafe { foo_mod_event(Event::Unload) } {
        Ok(()) => println!("foo is unloaded"),
        Err(refusal) => println!("{refusal}"),
    }
}

fn print_table() {
    println!("{:>3}  {:<6} {:>8} {:>7} {:>6}", "id", "vnet", "counter", "mumble", "ticks");
    for vnet in Vnet::list() {
        let (counter, barx) = vnet.enter(foo_stat);
        let name = vnet.name().unwrap_or("base");
        println!("{:>3}  {name:<6} {counter:>8} {:>7} {:>6}", vnet.id(), barx.mumble, barx.ticks);
    }
}
