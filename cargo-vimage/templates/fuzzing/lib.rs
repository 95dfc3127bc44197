//! Code with globals as a fuzz target: each input has an instance, so that none sees what another has left.

use vimage::prelude::*;

#[vimage::module]
mod parser {
    use std::sync::Mutex;

    use vimage::prelude::*;

    #[virtualized]
    static OPEN: Mutex<u32> = Mutex::new(0);

    /// Counts brackets. Returns how many are open at the end.
    pub fn run(input: &[u8]) -> u32 {
        let mut open = V_OPEN.lock().unwrap();
        for byte in input {
            match byte {
                b'(' => *open += 1,
                b')' => *open = open.saturating_sub(1),
                _ => {}
            }
        }
        *open
    }
}

/// What the fuzz target calls for each input: `cargo +nightly fuzz run isolated`.
pub fn isolated(input: &[u8]) -> u32 {
    Vimage::new().expect("this build has instances").enter(|| parser::run(input))
}

// There are no instances without the feature.
#[cfg(all(test, feature = "vimage"))]
mod tests {
    use super::isolated;

    #[test]
    fn no_input_sees_another() {
        assert_eq!(isolated(b"((("), 3);
        assert_eq!(isolated(b"(("), 2);
    }
}
