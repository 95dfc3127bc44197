//! What is counted of the life of instances: classes of three sizes, and the same by hand.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};

use benches::callgrind;
use vimage::{Class, Instance};

vimage::class! {
    /// No module.
    pub struct Bare;
}
vimage::class! {
    /// Ten modules, a hundred variables.
    pub struct Ten;
}
vimage::class! {
    /// A hundred modules, a thousand variables.
    pub struct Hundred;
}

pub mod ten {
    //! Of the class `Ten`.
    benches::modules!(crate::Ten: m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);
}

macro_rules! tens {
    ($($ten:ident)*) => {
        $(
            #[doc = "Of the class `Hundred`."]
            pub mod $ten {
                benches::modules!(crate::Hundred: m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);
            }
        )*
    };
}

tens!(d0 d1 d2 d3 d4 d5 d6 d7 d8 d9);

fn main() -> Result<(), Box<dyn Error>> {
    if !callgrind::is_running() {
        return Err("this counts under callgrind only: cargo xtask bench".into());
    }
    vimage::boot()?;
    count::<Bare>("`Instance::new` and `destroy`, no module");
    count::<Ten>("…, 10 modules, 100 variables");
    count::<Hundred>("…, 100 modules, 1,000 variables");
    by_hand::<100>("*by hand, 100 variables: an `Arc`, listed in a registry*");
    by_hand::<1_000>("*…, 1,000 variables*");
    Ok(())
}

fn count<C: Class>(what: &str) {
    count_one(what, || Instance::<C>::new().expect("no hook fails").destroy().expect("there is no other handle"));
}

fn by_hand<const VARIABLES: usize>(what: &str) {
    count_one(what, || drop(black_box(Globals::<VARIABLES>::new())));
}

fn count_one<R>(what: &str, code: impl FnMut() -> R) {
    callgrind::count("Life", what, "instructions", code);
}

/// What a program does without vimage: its globals in a struct, a number for each, a list of all.
struct Globals<const VARIABLES: usize> {
    id: u64,
    counters: [AtomicU64; VARIABLES],
}

static NEXT: AtomicU64 = AtomicU64::new(0);
static ALL: Mutex<BTreeMap<u64, Weak<dyn Send + Sync>>> = Mutex::new(BTreeMap::new());

impl<const VARIABLES: usize> Globals<VARIABLES> {
    fn new() -> Arc<Self> {
        let counters = std::array::from_fn(|index| AtomicU64::new(index as u64));
        let globals = Arc::new(Self { id: NEXT.fetch_add(1, Relaxed), counters });
        black_box(&globals.counters);
        ALL.lock().expect("nobody panics").insert(globals.id, Arc::downgrade(&globals) as _);
        globals
    }
}

impl<const VARIABLES: usize> Drop for Globals<VARIABLES> {
    fn drop(&mut self) {
        ALL.lock().expect("nobody panics").remove(&self.id);
    }
}
