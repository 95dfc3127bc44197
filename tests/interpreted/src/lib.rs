//! Some of the runtime's tests, for Miri: without the packages that the others depend on, which take longer than the tests.
