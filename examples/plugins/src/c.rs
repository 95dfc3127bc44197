//! The library for C. A calculator is a number here, so that one that has been destroyed is an error and not a crash.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Calculator;

/// What a function has done.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All of it; the answer is the number on top of the stack, or empty.
    Done,
    /// A part; the answer says what went wrong.
    Failed,
    /// Nothing: there is no such calculator, or it has been destroyed.
    NoCalculator,
    /// Nothing: the text is not UTF-8.
    NotText,
}

/// All calculators that C has created, by their numbers, and the last number.
static CALCULATORS: Mutex<(u64, BTreeMap<u64, Arc<Calculator>>)> = Mutex::new((0, BTreeMap::new()));

fn calculators() -> MutexGuard<'static, (u64, BTreeMap<u64, Arc<Calculator>>)> {
    // Each change is one operation of the map: it is whole after a panic, too.
    CALCULATORS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a calculator; returns its number, 0 if that fails.
///
/// # Safety
///
/// `name` points at text that ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn calculator_create(name: *const c_char) -> u64 {
    // SAFETY: the caller says that it points at text, which is not changed meanwhile.
    let Ok(name) = unsafe { CStr::from_ptr(name) }.to_str() else { return 0 };
    let Ok(calculator) = Calculator::new(name) else { return 0 };
    let (last, all) = &mut *calculators();
    *last += 1;
    all.insert(*last, Arc::new(calculator));
    *last
}

/// Runs a line. The answer is cut where the space ends, and ends with a zero if there is any space.
///
/// # Safety
///
/// `line` points at text that ends with a zero; `answer` at `size` bytes that nobody else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn calculator_run(
    calculator: u64,
    line: *const c_char,
    answer: *mut c_char,
    size: usize,
) -> Status {
    // SAFETY: the caller says that it points at text, which is not changed meanwhile.
    let Ok(line) = unsafe { CStr::from_ptr(line) }.to_str() else { return Status::NotText };
    // The lock is not held while the line runs: other threads run theirs, and this one may be destroyed meanwhile.
    let Some(calculator) = calculators().1.get(&calculator).cloned() else { return Status::NoCalculator };
    let (status, text) = match calculator.run(line) {
        Ok(top) => (Status::Done, top.map_or_else(String::new, |top| top.to_string())),
        Err(error) => (Status::Failed, error),
    };
    if let Some(space) = size.checked_sub(1) {
        let length = (0..=space.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        // SAFETY: `length` and the zero behind it are at most `size` bytes, which the caller says are ours.
        unsafe {
            answer.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), length);
            answer.add(length).write(0);
        }
    }
    status
}

/// Destroys a calculator when nobody runs a line in it any more.
#[unsafe(no_mangle)]
pub extern "C" fn calculator_destroy(calculator: u64) -> Status {
    // Dropped after the lock is released: what its destruction runs may use calculators.
    let removed = calculators().1.remove(&calculator);
    if removed.is_some() { Status::Done } else { Status::NoCalculator }
}
