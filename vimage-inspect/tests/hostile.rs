//! Core files that are damaged or made up: the reader gives an answer or an error, in bounded time, and never panics.
//!
//! A core file of this process is changed a little, at places that a reader follows, and read. `HOSTILE_ROUNDS` says how
//! often.

#[path = "support/changed.rs"]
mod changed;
#[path = "support/dump.rs"]
mod dump;
#[path = "support/random.rs"]
mod random;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use changed::{Seed, look_at_all};
use random::Random;
use vimage::prelude::*;
use vimage_inspect::Core;

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use std::sync::{Mutex, OnceLock};
    use vimage::prelude::*;

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, range = 0..=3, unit = "mode"))]
    pub static MODE: AtomicU32 = AtomicU32::new(1);
    #[virtualized(sysctl("net.foo.label", rw))]
    pub static LABEL: Mutex<String> = Mutex::new(String::new());
    #[virtualized(sysctl("net.foo.once", rw))]
    pub static ONCE: OnceLock<u16> = OnceLock::new();
    #[virtualized(keep, sysctl("net.foo.kept", rw))]
    pub static KEPT: AtomicU64 = AtomicU64::new(8);
    #[virtualized]
    pub static LISTS: Mutex<Vec<Vec<Vec<u8>>>> = Mutex::new(Vec::new());
    #[virtualized]
    pub static MANY: [AtomicU64; 100] = [const { AtomicU64::new(1) }; 100];

    #[attach]
    fn attach() {
        *V_LABEL.lock().unwrap() = "some text".to_owned();
        *V_LISTS.lock().unwrap() = vec![vec![vec![1, 2], vec![3]], Vec::new()];
    }
}

#[test]
fn a_changed_core_file_is_an_answer_or_an_error() {
    let _alone = dump::alone();
    vimage::boot().unwrap();
    #[cfg(feature = "vimage")]
    let _instances: Vec<Vnet> =
        (0..5).map(|n| Vnet::builder().name(format!("instance {n}")).create().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core");
    dump::dump(&path);
    let seed = Seed::new(fs::read(&path).unwrap());
    let first = Core::open(&path, None).unwrap();
    let whole = look_at_all(&path, &first).unwrap();
    let regions = seed.regions();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let rounds: u64 = std::env::var("HOSTILE_ROUNDS").map_or(1_500, |rounds| rounds.parse().unwrap());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut answers, mut errors, mut same) = (0, 0, 0);
    for round in 0..rounds {
        let mut changed = Vec::new();
        for _ in 0..=random.below(3) {
            let (start, length) = regions[random.below(regions.len() as u64) as usize];
            let size = [1, 2, 4, 8][random.below(4) as usize];
            let at = start + random.below(length.max(8)) / size * size;
            let old = seed.word(at);
            let new = match random.below(8) {
                0..=4 => random.wrong(old),
                // An address of something else: circles, and what is taken for something that it is not.
                5 => seed.address(random.next()),
                6 => seed.word(start + random.below(length.max(8)) / 8 * 8),
                _ => 1 << random.below(64),
            };
            let bytes = &new.to_ne_bytes()[..size as usize];
            file.write_all_at(bytes, at).unwrap();
            changed.push((at, size));
        }
        let begin = Instant::now();
        match look_at_all(&path, &first) {
            Ok(shown) if shown == whole => same += 1,
            Ok(_) => answers += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
        }
        // Far more than it takes on a machine that is busy, and far less than for ever.
        assert!(begin.elapsed() < Duration::from_secs(60), "round {round}: {changed:?}");
        for (at, size) in changed {
            file.write_all_at(seed.at(at, size as usize), at).unwrap();
        }
    }
    println!("{rounds} rounds: {errors} errors, {answers} other answers, {same} times the same");
    assert_eq!(look_at_all(&path, &first).unwrap(), whole, "everything was undone");
    assert!(errors > rounds / 20 && answers > 0, "changes have effects: {errors} {answers} {same}");
}

#[test]
fn a_core_file_that_ends_anywhere_is_an_error() {
    let _alone = dump::alone();
    vimage::boot().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core");
    dump::dump(&path);
    let first = Core::open(&path, None).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    let file = File::options().write(true).open(&path).unwrap();
    let mut ends: Vec<u64> =
        (1..40).map(|part| length * part / 40).chain([0, 1, 63, 64, 65, 120, 4095, 4096]).collect();
    ends.sort_unstable_by_key(|end| std::cmp::Reverse(*end));
    let mut errors = 0;
    for end in ends {
        file.set_len(end).unwrap();
        errors += usize::from(look_at_all(&path, &first).is_err());
    }
    // Those that end in the headers or the first page; where the records lie depends on the addresses of this run.
    assert!(errors >= 8, "{errors}");
}
