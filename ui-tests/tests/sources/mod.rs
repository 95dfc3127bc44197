//! Where the component `rust-src` is installed, rustc quotes the standard library in its errors. The expected texts are
//! those without.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Lets cargo run rustc with a sysroot that has everything but the sources.
pub(crate) fn hide() {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc starts");
    let sysroot = PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim());
    if cfg!(unix) && sysroot.join("lib/rustlib/src").exists() {
        let wrapper = wrapper(&sysroot).expect("files can be made below `target`");
        // SAFETY: this is the only test of the program, and its other thread only waits for it.
        unsafe { std::env::set_var("RUSTC_WRAPPER", wrapper) };
    }
}

#[cfg(not(unix))]
fn wrapper(_: &Path) -> std::io::Result<PathBuf> {
    unreachable!("only called on Unix")
}

/// Writes the program that cargo calls in place of rustc.
#[cfg(unix)]
fn wrapper(sysroot: &Path) -> std::io::Result<PathBuf> {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let twin = folder.join("sysroot");
    _ = fs::remove_dir_all(&twin);
    link(sysroot, &twin, "lib")?;
    link(&sysroot.join("lib"), &twin.join("lib"), "rustlib")?;
    link(&sysroot.join("lib/rustlib"), &twin.join("lib/rustlib"), "src")?;
    let wrapper = folder.join("rustc-without-sources");
    fs::write(&wrapper, format!("#!/bin/sh\nexec \"$@\" --sysroot '{}'\n", twin.display()))?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(wrapper)
}

/// Makes a folder with links to all that is in another one, but for one name.
#[cfg(unix)]
fn link(from: &Path, to: &Path, without: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != without {
            std::os::unix::fs::symlink(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
