//! For libFuzzer: an instance for each input.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::isolated(input));
