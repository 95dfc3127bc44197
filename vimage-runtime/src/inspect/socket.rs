//! The socket at which the server listens.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Makes the socket in a private directory and moves it to its path, so that it never has another mode there. Returns its
/// device and number as well.
pub(super) fn listen(path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket is at this path"));
        }
        Ok(_) if UnixStream::connect(path).is_ok() => return Err(io::ErrorKind::AddrInUse.into()),
        _ => {}
    }
    let (Some(parent), Some(_)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path of a socket ends in a name"));
    };
    let private = private_directory(parent)?;
    let made = || {
        let socket = private.join("s");
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        let made = fs::symlink_metadata(&socket)?;
        fs::rename(&socket, path)?;
        Ok((listener, (made.dev(), made.ino())))
    };
    let listener = made();
    _ = fs::remove_dir_all(&private);
    listener
}

/// A new directory that only this user can look into. Its name is short, `.00` to `.zz`, because paths of sockets have at
/// most about 100 bytes. One that exists belongs to another server, or was left by a crash.
fn private_directory(parent: &Path) -> io::Result<PathBuf> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |number: usize| char::from(DIGITS[number % DIGITS.len()]);
    let names = DIGITS.len() * DIGITS.len();
    // Processes that start at the same time begin with different names.
    let first = std::process::id() as usize % names;
    let mut taken = None;
    for number in (first..names).chain(0..first) {
        let directory = parent.join(format!(".{}{}", digit(number / DIGITS.len()), digit(number)));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.expect("there are names"))
}
