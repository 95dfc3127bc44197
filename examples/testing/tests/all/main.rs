//! The suite of an application with globals. Every test has an instance of all of them, so that all run in parallel:
//! no test takes a lock, resets anything, or is `#[serial]`.

mod cases;
mod log;
mod logs;
mod mock;
mod mocks;
mod properties;
mod tasks;
mod without;
