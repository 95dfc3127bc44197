//! Nothing: the tests are in `fail` and `pass`.
