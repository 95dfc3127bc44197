//! Makes the runtime a dynamic library, so that there is one of it in the process.

pub use vimage;
