//! The statics of a package, found in its text.
