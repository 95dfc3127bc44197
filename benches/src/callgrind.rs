//! Counts instructions: the profiler runs the program, and the program tells it where a count begins and ends.

use std::arch::asm;
use std::ffi::CString;
use std::hint::black_box;

const RUNNING_ON_VALGRIND: u64 = 0x1001;
const ZERO_STATS: u64 = callgrind(1);
const DUMP_STATS_AT: u64 = callgrind(3);

/// How many times each piece of code is run.
const TIMES: u64 = 1_000;

/// The requests of a tool begin at two letters of it.
const fn callgrind(request: u64) -> u64 {
    u64::from_be_bytes(*b"\0\0\0\0CT\0\0") + request
}

/// Whether the profiler is there to count.
pub fn is_running() -> bool {
    request(RUNNING_ON_VALGRIND, 0) != 0
}

/// Counts the instructions of `code`, with the call and the loop around it.
pub fn count<R>(table: &str, row: &str, column: &str, code: impl FnMut() -> R) {
    count_each(table, row, column, 1, code);
}

/// As [`count`], for code that does the same thing `each` times.
pub fn count_each<R>(table: &str, row: &str, column: &str, each: u64, mut code: impl FnMut() -> R) {
    // What is done once only is not counted.
    black_box(code());
    let name = CString::new(format!("{table}|{row}|{column}|{}", TIMES * each)).expect("names have no zeros");
    request(ZERO_STATS, 0);
    for _ in 0..TIMES {
        black_box(code());
    }
    request(DUMP_STATS_AT, name.as_ptr() as u64);
}

/// A client request, as `valgrind.h` makes it: an instruction sequence that does nothing, and that valgrind knows.
#[cfg(target_arch = "x86_64")]
fn request(code: u64, argument: u64) -> u64 {
    let arguments = [code, argument, 0, 0, 0, 0];
    let mut result = 0;
    // SAFETY: `rdi` is rotated by 128 bits in all, which leaves it as it was, and `rbx` is exchanged with itself. Under
    // valgrind the sequence reads the six words at `rax` and the text that `DUMP_STATS_AT` points at, which both live
    // until it has ended, and writes `rdx`.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") result,
            options(nostack),
        );
    }
    result
}

/// Nobody counts here.
#[cfg(not(target_arch = "x86_64"))]
fn request(_: u64, _: u64) -> u64 {
    0
}
