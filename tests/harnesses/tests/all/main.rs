//! Set-up, body and tear-down of a test are in its vimage, whatever harness makes them, in both orders of attributes
//! where both work.

mod contexts;
mod executors;
mod properties;
mod rstest;
mod serial;
mod snapshots;
mod test_case;
