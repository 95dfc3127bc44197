//! The inputs that were kept, and a few random changes of each. `FUZZ_CHANGES` says how many.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use fuzz_checks::{Target, mutate, target};

/// Runs the inputs of a target; prints the one that fails.
fn replay(name: &str) {
    let Target { check, is_text, .. } = *target(name);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a target has inputs").map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let inputs: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("an input can be read")).collect();
    let run = |shown: &dyn Fn() -> String, input: &[u8]| {
        if catch_unwind(|| check(input)).is_err() {
            panic!("{}: the input is {:?}", shown(), String::from_utf8_lossy(input));
        }
    };
    for (path, input) in paths.iter().zip(&inputs) {
        run(&|| path.display().to_string(), input);
    }
    let changes: u64 = std::env::var("FUZZ_CHANGES").map_or(3, |changes| changes.parse().expect("a number"));
    for (n, input) in (0..).zip(&inputs) {
        for change in 0..changes {
            let seed = n * 1_000_003 + change;
            let other = &inputs[usize::try_from(seed % inputs.len() as u64).expect("an index")];
            run(&|| format!("{name}, seed {seed}"), &mutate(input, other, is_text, seed));
        }
    }
}

macro_rules! replayed {
    ($($name:ident)*) => { $(#[test] fn $name() { let _alone = fuzz_checks::alone(); replay(stringify!($name)); })* };
}

replayed! { macros sysctl inspect export topology scenario }
