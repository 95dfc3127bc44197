//! Loads two plugins while networks are live: one that shares the runtime, and one that does not.

use std::error::Error;
use std::path::PathBuf;

use libloading::{Library, Symbol};
use shared as _;
use vimage::prelude::*;

#[vnet_module]
mod host {}

fn main() -> Result<(), Box<dyn Error>> {
    vimage::boot()?;
    let vnets = [Vnet::new()?, Vnet::new()?];

    let folder: PathBuf = std::env::current_exe()?.parent().ok_or("no folder")?.to_owned();
    // SAFETY: the library is ours; its constructors register a module.
    let library = unsafe { Library::new(folder.join("libplugin.so"))? };
    // SAFETY: it is declared with this type.
    let work: Symbol<'_, extern "Rust" fn() -> u64> = unsafe { library.get("plugin_work")? };

    let early = std::panic::catch_unwind(|| vnets[0].enter(|| work()));
    assert!(early.is_err(), "it is loaded, but not registered");
    vimage::module::register("plugin")?;
    for vnet in &vnets {
        assert_eq!(vnet.enter(|| work()), 100 * vnet.id() + 1);
        assert_eq!(vnet.enter(|| work()), 100 * vnet.id() + 2);
    }
    let later = Vnet::new()?;
    assert_eq!(later.enter(|| work()), 100 * later.id() + 1);
    println!("{}", vimage::debug::modules());
    read_from_outside(&later)?;

    // SAFETY: the library is ours.
    let apart = unsafe { Library::new(folder.join("libapart.so"))? };
    // SAFETY: it is declared with this type.
    let panics: Symbol<'_, unsafe extern "C" fn(*mut u8, usize) -> usize> = unsafe { apart.get("apart_panics")? };
    let mut text = [0; 400];
    // SAFETY: these are so many bytes.
    let length = vnets[0].enter(|| unsafe { panics(text.as_mut_ptr(), text.len()) });
    let text = String::from_utf8_lossy(&text[..length]);
    assert!(
        text.starts_with("`V_WORK` of module `apart`: no Net instance is current on this thread"),
        "another runtime knows nothing of our context: {text}"
    );
    assert!(vimage::module::register("apart").is_err(), "nor we of its modules");

    // The instances end while the code of their modules is there.
    drop((vnets, later));
    println!("plugins work as documented");
    Ok(())
}

/// The runtime is in a library, and the module in another one; from outside they are found all the same.
fn read_from_outside(vnet: &Vnet) -> Result<(), Box<dyn Error>> {
    let process = vimage_inspect::Process::open(std::process::id())?;
    let look = process.look()?;
    let modules: Vec<&str> = look.modules().iter().map(|module| &*module.name).collect();
    assert!(modules.contains(&"host") && modules.contains(&"plugin"), "{modules:?}");
    let instances = look.instances_named(Some(&vnet.id().to_string()), Some(look.class_named("Net")?))?;
    let work = look.sysctl_named("plugin.work", &instances)?.sysctl;
    assert_eq!(look.get(work, instances[0])?.to_string(), (100 * vnet.id() + 1).to_string());
    Ok(())
}
