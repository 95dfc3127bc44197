//! The reader of core files, with bytes as a core file, and with changes of a core file of this process.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use tempfile::TempDir;
use vimage_inspect::Core;

use crate::changed::{Seed, look_at_all};
use crate::dump;
use crate::values::instances;

/// A core file of this process, which each check leaves as it was.
struct Original {
    _folder: TempDir,
    path: PathBuf,
    file: File,
    core: Core,
    seed: Seed,
    regions: Vec<(u64, u64)>,
}

fn original() -> &'static Original {
    static ORIGINAL: OnceLock<Original> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        assert!(!instances().is_empty());
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("core");
        dump::dump(&path);
        let seed = Seed::new(fs::read(&path).expect("the core file is there"));
        let core = Core::open(&path, None).expect("the core file can be read");
        look_at_all(&path, &core).expect("a core file that is not changed can be read");
        let file = OpenOptions::new().write(true).open(&path).expect("the core file is there");
        Original { _folder: folder, path, file, core, regions: seed.regions(), seed }
    })
}

/// The first byte chooses: bytes that are a core file, or changes, of 12 bytes each.
pub(crate) fn check(data: &[u8]) {
    match data {
        [b'\x7f', ..] => check_file(data),
        [_, changes @ ..] => check_changes(changes),
        [] => {}
    }
}

fn check_file(data: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a file");
    file.write_all(data).expect("there is room for a file");
    if let Err(error) = look_at_all(file.path(), &original().core) {
        assert!(!error.to_string().is_empty());
    }
}

fn check_changes(changes: &[u8]) {
    let Original { path, file, core, seed, regions, .. } = original();
    let mut changed = Vec::new();
    for change in changes.chunks_exact(12).take(8) {
        let (start, length) = regions[usize::from(change[0]) % regions.len()];
        let place = u64::from(u16::from_le_bytes([change[1], change[2]])) % length.max(8);
        let size = 1 << (change[3] % 4);
        let at = start + place / size * size;
        let given = u64::from_le_bytes(change[4..12].try_into().expect("these are 8 bytes"));
        let old = seed.word(at);
        let value = match change[3] / 4 % 4 {
            0 => given,
            1 => old.wrapping_add(given),
            2 => old ^ given,
            // An address of something else.
            _ => seed.address(given),
        };
        let size = usize::try_from(size).expect("at most 8");
        file.write_all_at(&value.to_ne_bytes()[..size], at).expect("the file can be written to");
        changed.push((at, size));
    }
    let looked = look_at_all(path, core);
    for (at, size) in changed {
        file.write_all_at(seed.at(at, size), at).expect("the file can be written to");
    }
    if let Err(error) = looked {
        assert!(!error.to_string().is_empty());
    }
}
