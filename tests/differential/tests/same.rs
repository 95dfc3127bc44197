//! A few hundred programs and a few modules, the same ones each time. `cargo run -p differential -- 10000` does many.

#![cfg(all(feature = "vimage", not(feature = "inventory")))]

use std::path::Path;
use std::sync::LazyLock;

use differential::{Compiler, batch, modules};

static COMPILER: LazyLock<Compiler> =
    LazyLock::new(|| Compiler::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential")).unwrap());

#[test]
fn generated_programs_do_the_same_in_both_builds() {
    for edition in [2021, 2024] {
        let report = batch(&COMPILER, u64::from(edition), 150, edition).unwrap();
        assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
        // Most of them compile, and what they do is compared.
        assert!(report.same > 100 && report.rejected > 5, "{report:?}");
    }
}

#[test]
fn instances_of_generated_modules_do_what_separate_runs_do() {
    let report = modules::batch(&COMPILER, 2024, 15, 2024).unwrap();
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
    assert!(report.invalid.is_empty(), "{}", report.invalid.join("\n"));
    // Most of them are compared, and they do something.
    assert!(report.generated >= 12 && report.lines > 2_000, "{report:?}");
}
