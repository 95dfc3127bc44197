//! The examples of the messages, as documentation tests: apart from the book's, because boot refuses some of them.

#[doc = include_str!("../../../docs/src/errors.md")]
mod errors {}
