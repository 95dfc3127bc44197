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
    foo_mod_event(Event::Load)?;
    foo_set_debug(true);

    let mut vnets = Vec::new();
    for (name, packets) in [("red", 1), ("green", 2), ("blue", 3)] {
        let vnet = match Vnet::builder().name(name).create() {
            Ok(vnet) => vnet,
            Err(error @ CreateError::NotVirtualized) => {
                println!("{error}\nOne foo, then:\n");
                break;
            }
            Err(error) => return Err(error.into()),
        };
        vnet.enter(|| (0..packets).for_each(|_| foo_work()));
        vnets.push(vnet);
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
    if let Err(refusal) = foo_mod_event(Event::Unload) {
        println!("{refusal}");
    }
    Ok(())
}

fn print_table() {
    println!("{:>3}  {:<6} {:>8} {:>7} {:>6}", "id", "vnet", "counter", "mumble", "ticks");
    for vnet in Vnet::list() {
        let (counter, barx) = vnet.enter(foo_stat);
        let name = vnet.name().unwrap_or("base");
        println!("{:>3}  {name:<6} {counter:>8} {:>7} {:>6}", vnet.id(), barx.mumble, barx.ticks);
    }
}
