//! A file.
