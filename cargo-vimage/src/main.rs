//! `cargo vimage`: see the README of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_vimage::main(std::env::args_os())
}
