//! A file of a module that is declared in another one.

use vimage::prelude::*;

#[virtualized(in = crate::file)]
static IN_A_FILE: std::sync::Mutex<u8> = std::sync::Mutex::new(9);

#[virtualized]
pub fn work() -> u8 {
    *V_IN_A_FILE.lock().unwrap()
}
