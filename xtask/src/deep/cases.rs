//! More random cases than the suite tries.

use crate::builds::{OPTIMIZED, OTHER_BACKEND};
use crate::step::{Done, cargo};

pub(super) fn cases() -> Done {
    const CASES: [(&str, &str); 1] = [("PROPTEST_CASES", "20000")];
    for build in OPTIMIZED.iter().chain([&OTHER_BACKEND]) {
        let features = ["--no-default-features", "--features", build.features];
        let profile: &[&str] = if build.release { &["--release"] } else { &[] };
        let title = format!("many cases: {}", build.name);
        cargo(&title, &[&["test", "--workspace", "--exclude", "ui-tests"], profile, &features[..]].concat(), &CASES)?;
    }
    Ok(())
}

pub(super) fn programs() -> Done {
    cargo("many generated programs", &["run", "--release", "-p", "differential", "--", "10000"], &[])
}
