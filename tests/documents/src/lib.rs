//! The examples of the documents, as documentation tests. They are not in the library, because its package has no files
//! from outside of its folder.

#[doc = include_str!("../../../README.md")]
mod readme {}

#[doc = include_str!("../../../PORTING.md")]
mod porting {}

#[doc = include_str!("../../../docs/errors.md")]
mod errors {}
