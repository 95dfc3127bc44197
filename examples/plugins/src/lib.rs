//! A library with globals that programs load once and run many times: from Rust ([`Calculator`]), and from C ([`c`], with
//! the header `c/calculator.h`).

pub mod c;
mod calculator;

pub use calculator::{Calculator, machine};
