//! A warehouse with a fault that needs three commands in a row, in code that keeps its state in globals. A fuzzer that
//! runs one input after the other in one process finds a crash that the input does not cause: an earlier one has left
//! something behind. [`isolated`] runs each input in an instance of its own.

use vimage::Vimage;

/// The code under test, as it is in a program that serves one warehouse.
#[vimage::module]
pub mod warehouse {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use vimage::prelude::*;

    #[virtualized]
    static STOCK: Mutex<BTreeMap<u8, u8>> = Mutex::new(BTreeMap::new());

    #[virtualized]
    static RESERVED: Mutex<BTreeMap<u8, u8>> = Mutex::new(BTreeMap::new());

    /// Does what an input says: pairs of a command and an item.
    ///
    /// # Panics
    ///
    /// It should not, whatever the input is; it does.
    pub fn run(input: &[u8]) {
        for command in input.chunks_exact(2) {
            let (mut stock, mut reserved) = (V_STOCK.lock().unwrap(), V_RESERVED.lock().unwrap());
            let item = command[1] % 4;
            let (stocked, held) = (stock.entry(item).or_default(), reserved.entry(item).or_default());
            match command[0] % 8 {
                0 => *stocked = stocked.saturating_add(1),
                1 if *held < *stocked => *held += 1,
                // The fault: what is reserved can be taken away.
                2 if *stocked > 0 => *stocked -= 1,
                3 if *held > 0 => {
                    *held -= 1;
                    *stocked = stocked.checked_sub(1).expect("what is reserved is there");
                }
                _ => {}
            }
        }
    }
}

/// Runs an input in an instance of its own: what a fuzz target calls.
///
/// # Panics
///
/// If the input makes [`warehouse::run`] panic, and in builds without instances.
pub fn isolated(input: &[u8]) {
    Vimage::new().expect("this build has instances").enter(|| warehouse::run(input));
}

/// The inputs of this example: the same for each way to run them. A real fuzzer is guided by coverage.
pub fn inputs(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(move || {
        let length = random.usize(0..32);
        std::iter::repeat_with(|| random.u8(..)).take(length).collect()
    })
}
