//! Looks whether everything that is linked was registered, and prints what is wrong.

use std::fmt::Debug;

use ground::{ground as base, logged};
use sides::used;
use vimage::prelude::*;

/// Makes instances, uses and destroys them; says what it saw, or what is wrong.
pub fn check() -> Result<String, String> {
    if let Err(error) = vimage::boot() {
        return Err(format!("detected: {error}"));
    }
    // In an archive, modules that nothing refers to may be left out, but none of them in part.
    let names = modules();
    if std::env::var_os("LINKING_IF_USED").is_none() {
        same("modules", &names, &["aside", "ground", "owned", "used"])?;
    }
    let expected = |hooks: &[&'static str]| -> Vec<&str> {
        let linked = |hook: &&&str| hook.starts_with("drop") || names.iter().any(|name| hook.ends_with(&**name));
        hooks.iter().filter(linked).copied().collect()
    };
    same("hooks at boot", &logged(), &expected(&["attach aside", "attach ground", "attach owned"]))?;
    let mut vnets = Vec::new();
    for _ in 0..3 {
        vnets.push(Vnet::new().map_err(|error| error.to_string())?);
    }
    let attached = expected(&["attach aside", "attach ground"]).len();
    same("hooks of three instances", &logged().len(), &(3 * attached))?;
    for (index, vnet) in vnets.iter().enumerate() {
        for _ in 0..index {
            vnet.enter(|| (base::work(), used::add("name")));
        }
    }
    for (index, vnet) in vnets.iter().enumerate() {
        same("work", &vnet.enter(base::work), &(8 + index as u64))?;
        same("names", &vnet.enter(|| used::add("last")), &(1 + index))?;
        let read = vnet.enter(|| vimage::sysctl::get_as::<u64>("ground.work"));
        same("sysctl", &read.map_err(|error| error.to_string())?, &(8 + index as u64))?;
        let symbols = vimage::symmap::symbols(vnet).map_err(|error| error.to_string())?;
        same("symbols", &symbols.iter().map(|symbol| symbol.name()).collect::<Vec<_>>(), &["work"])?;
    }
    for vnet in vnets {
        vnet.destroy().map_err(|error| error.to_string())?;
        same("hooks at the end", &logged(), &expected(&["detach aside", "detach ground", "drop far", "quiesce used"]))?;
    }
    #[cfg(not(target_family = "wasm"))]
    same("another slice", &*sides::slices::ENTRIES, &["one"])?;
    Ok(format!("{} modules, 3 instances", names.len()))
}

/// The names of all modules, sorted.
fn modules() -> Vec<String> {
    let mut names: Vec<String> = vimage::debug::modules().rows().iter().map(|row| row[1].clone()).collect();
    names.sort_unstable();
    names
}

fn same<T: PartialEq<U> + Debug + ?Sized, U: Debug + ?Sized>(what: &str, is: &T, should: &U) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("WRONG: {what}: {is:?} instead of {should:?}")) }
}
