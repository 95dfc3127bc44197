//! Three networks on one machine, each with a foo of its own.
//!
//! `cargo run -p foo` makes them; `cargo run -p foo --no-default-features` is the same source as plain statics, so
//! that there is the base machine only.

mod foo;
mod loif;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use foo::{Event, foo_mod_event, foo_stat, foo_tick, foo_work};
use vimage::CreateError;
use vimage::prelude::*;
use vimage::{symmap, sysctl};

fn main() -> ExitCode {
    let socket = match socket() {
        Ok(socket) => socket,
        Err(message) => {
            eprintln!("foo: {message}");
            return ExitCode::from(2);
        }
    };
    match run(socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("foo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The path of the socket for `vimagectl`, if the command line has one.
fn socket() -> Result<Option<OsString>, String> {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(path), None) if !cfg!(feature = "inspect") => Err(format!(
            "{} is the path of a socket for vimagectl, which is not in this build: enable the feature `inspect`",
            path.display()
        )),
        (path, None) => Ok(path),
        (_, Some(more)) => Err(format!("unexpected argument {}: write `foo [SOCKET]`", more.display())),
    }
}

fn run(socket: Option<OsString>) -> Result<(), Box<dyn Error>> {
    // One network is created before foo is loaded, two after it.
    let mut vnets: Vec<Vnet> = make("red")?.into_iter().collect();
    // SAFETY: only unloading has requirements.
    unsafe { foo_mod_event(Event::Load)? };
    sysctl::set("net.foo.debug", true)?;
    for name in ["green", "blue"] {
        vnets.extend(make(name)?);
    }
    for (vnet, packets) in vnets.iter().zip(1..) {
        vnet.enter(|| (0..packets).for_each(|_| foo_work()));
    }
    Vnet::base()?.enter(foo_work);
    foo_tick();
    print_table();
    show_names(&vnets)?;
    serve(socket)?;

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
        // One at a time, the last one first, so that the others remain if one refuses.
        while let Some(vnet) = vnets.pop() {
            vnet.destroy()?;
        }
        unload();
    }
    Ok(())
}

/// Creates a network, in builds that have them.
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

/// Shows variables by name, as an administrator or a tool such as `netstat` does.
fn show_names(vnets: &[Vnet]) -> Result<(), Box<dyn Error>> {
    let vnet = vnets.first().cloned().map_or_else(Vnet::base, Ok)?;
    println!("\nsysctl net.foo in {}:", vnet.name().unwrap_or("base"));
    let names = sysctl::of(&vnet);
    names.set("net.foo.mode", "ignore")?;
    vnet.enter(foo_work);
    for found in names.list("net.foo")? {
        println!("{}: {}", found.name, found.value?);
    }
    if let Err(error) = names.set("net.foo.mode", "drop") {
        println!("{error}");
    }
    let counter = symmap::lookup(&vnet, "foo_counter")?;
    println!("{}::{}, {} bytes", counter.module(), counter.name(), counter.size());
    Ok(())
}

/// Serves `vimagectl` at this socket until a line is entered at the terminal.
#[cfg(feature = "inspect")]
fn serve(socket: Option<OsString>) -> Result<(), Box<dyn Error>> {
    if let Some(path) = socket {
        let server = vimage::inspect::Server::builder(path).writable().start()?;
        println!("\nvimagectl -s {} ps\nand Enter to go on", server.path().display());
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

/// This build has no socket; a command line with one was rejected before.
#[cfg(not(feature = "inspect"))]
fn serve(_: Option<OsString>) -> Result<(), Box<dyn Error>> {
    Ok(())
}

fn unload() {
    // SAFETY: no other thread runs, and this one is not in foo and does not use it again.
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
