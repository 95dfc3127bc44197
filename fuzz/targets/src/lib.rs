//! A target as a program of libFuzzer. Half of the changes are its own; the others are those of the test `replay`, which
//! know words.

pub use libfuzzer_sys;

/// Runs the target of this name.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            static CHECK: std::sync::LazyLock<fn(&[u8])> =
                std::sync::LazyLock::new(|| fuzz_checks::target($name).check);
            CHECK(data)
        });

        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate($name, data, size, max_size, seed)
        });
    };
}

/// Changes the input in its buffer, and returns its new size.
pub fn mutate(name: &str, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let target = fuzz_checks::target(name);
    if seed % 2 == 0 || !target.is_text {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    // libFuzzer hands over one input only, so parts are taken from the input itself.
    let changed = fuzz_checks::mutate(&data[..size], &data[..size], true, u64::from(seed));
    let length = changed.len().min(max_size);
    data[..length].copy_from_slice(&changed[..length]);
    length
}
