//! An input crashes in an instance of its own if it crashes in a process of its own.
#![cfg(feature = "vimage")]

use std::panic::{self, AssertUnwindSafe};
use std::process::Command;

use fuzzing::{inputs, isolated};

fn survives(input: &[u8]) -> bool {
    panic::catch_unwind(AssertUnwindSafe(|| isolated(input))).is_ok()
}

#[test]
fn what_came_before_does_not_matter() {
    let add_reserve_take = [0, 1, 1, 1, 2, 1];
    assert!(survives(&add_reserve_take));
    // In one process with the input before, this one would crash.
    assert!(survives(&[3, 1]));
    assert!(!survives(&[&add_reserve_take[..], &[3, 1]].concat()));
    assert!(survives(&[3, 1]), "nor does the panic");
}

#[test]
fn the_first_crash_is_that_of_a_process_for_each_input() {
    for seed in [1, 5] {
        let (number, input) = (1..).zip(inputs(seed)).find(|(_, input)| !survives(input)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_fuzzing")).arg(seed.to_string()).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{printed}");
        let crashes = |way: &str| format!("{way}: crash with input {number}, {input:?}; ");
        assert!(printed.contains(&crashes("a process each")), "{printed}");
        assert!(printed.contains(&crashes("an instance each")), "{printed}");
    }
}
