//! Random operations on instances, against a model and side by side, and for an hour.

use crate::builds::INSTANCES;
use crate::step::{Done, cargo};

/// Each is a process of its own: what a registration that fails takes of the reserve is never given back.
const SEEDS: u32 = 10;

/// A million steps in all: a case has some hundred.
pub(super) fn states() -> Done {
    let test = ["test", "--release", "-p", "vimage", "--no-default-features", "--features", INSTANCES];
    let arguments = [&test[..], &["--test", "state_machine", "--", "--nocapture"]].concat();
    for seed in 1..=SEEDS {
        let seed = seed.to_string();
        let variables =
            [("PROPTEST_CASES", "1050"), ("VIMAGE_STATES_STEPS", "10000"), ("VIMAGE_STATES_SEED", seed.as_str())];
        cargo(&format!("states, seed {seed}"), &arguments, &variables)?;
    }
    Ok(())
}

/// Everything comes and goes, and memory stays as it is. `VIMAGE_SOAK_SECONDS` may say how long.
pub(super) fn soak() -> Done {
    let seconds = std::env::var("VIMAGE_SOAK_SECONDS").unwrap_or_else(|_| "3600".to_owned());
    let features = format!("{INSTANCES},inspect");
    let test = ["test", "--release", "-p", "vimage", "--no-default-features", "--features", &features];
    let arguments = [&test[..], &["--test", "soak", "--", "--nocapture"]].concat();
    cargo("soak", &arguments, &[("VIMAGE_SOAK_SECONDS", &seconds)])
}
