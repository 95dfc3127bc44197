//! The tests of virtualized code again, in edition 2021: when temporaries are dropped depends on it.
