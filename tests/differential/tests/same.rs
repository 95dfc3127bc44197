//! A few hundred programs, the same ones each time. `cargo run -p differential -- 10000` does many.

#![cfg(all(feature = "vimage", not(feature = "inventory")))]

use std::path::Path;
use std::sync::LazyLock;

use differential::{Compiler, batch};

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
