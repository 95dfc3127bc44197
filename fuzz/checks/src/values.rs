//! Variables of every kind that a sysctl can have, in some instances.

use std::sync::OnceLock;

use vimage::prelude::*;

/// The variables that are set, with the type of each.
macro_rules! variables {
    ($($name:literal: $type:ty,)*) => {
        /// Calls `$check` with each variable's name and type.
        macro_rules! for_each_variable {
            ($check:ident($argument:expr)) => { $($check::<$type>($name, $argument);)* };
        }
        pub(crate) use for_each_variable;
    };
}

variables! {
    "fuzz.u8": u8,
    "fuzz.i16": i16,
    "fuzz.u32": u32,
    "fuzz.i64": i64,
    "fuzz.u64": u64,
    "fuzz.i128": i128,
    "fuzz.u128": u128,
    "fuzz.bool": bool,
    "fuzz.f32": f32,
    "fuzz.f64": f64,
    "fuzz.char": char,
    "fuzz.text": String,
}

#[vnet_module(symmap)]
mod variables {
    use std::sync::atomic::{AtomicBool, AtomicI16, AtomicU8, AtomicU32, AtomicU64};
    use std::sync::{Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    #[virtualized(sysctl("fuzz.u8", rw))]
    pub static U8: AtomicU8 = AtomicU8::new(1);
    #[virtualized(sysctl("fuzz.i16", rw))]
    pub static I16: AtomicI16 = AtomicI16::new(1);
    #[virtualized(sysctl("fuzz.u32", rw))]
    pub static U32: AtomicU32 = AtomicU32::new(1);
    #[virtualized(sysctl("fuzz.i64", rw))]
    pub static I64: Mutex<i64> = Mutex::new(1);
    #[virtualized(keep, sysctl("fuzz.u64", rw))]
    pub static U64: AtomicU64 = AtomicU64::new(1);
    #[virtualized(sysctl("fuzz.i128", rw))]
    pub static I128: Mutex<i128> = Mutex::new(1);
    #[virtualized(sysctl("fuzz.u128", rw))]
    pub static U128: RwLock<u128> = RwLock::new(1);
    #[virtualized(sysctl("fuzz.bool", rw))]
    pub static BOOL: AtomicBool = AtomicBool::new(true);
    #[virtualized(sysctl("fuzz.f32", rw))]
    pub static F32: Mutex<f32> = Mutex::new(1.0);
    #[virtualized(sysctl("fuzz.f64", rw))]
    pub static F64: Mutex<f64> = Mutex::new(1.0);
    #[virtualized(sysctl("fuzz.char", rw))]
    pub static CHAR: Mutex<char> = Mutex::new('a');
    #[virtualized(sysctl("fuzz.text", rw))]
    pub static TEXT: Mutex<String> = Mutex::new(String::new());
    #[virtualized(sysctl("fuzz.mode", rw, range = 0..=3, unit = "mode"))]
    pub static MODE: AtomicU32 = AtomicU32::new(1);
    #[virtualized(sysctl("fuzz.once", rw))]
    pub static ONCE: OnceLock<u16> = OnceLock::new();
    #[virtualized(sysctl("fuzz.fixed", ro))]
    pub static FIXED: AtomicU32 = AtomicU32::new(7);
    #[virtualized]
    pub static LISTS: Mutex<Vec<Vec<Vec<u8>>>> = Mutex::new(Vec::new());
    #[virtualized]
    pub static MANY: [AtomicU64; 100] = [const { AtomicU64::new(1) }; 100];

    #[attach]
    fn attach() {
        *V_LISTS.lock().expect("no thread panics") = vec![vec![vec![1, 2], vec![3]], Vec::new()];
    }
}

/// Some instances, which are never destroyed.
pub(crate) fn instances() -> &'static [Vnet] {
    static INSTANCES: OnceLock<Vec<Vnet>> = OnceLock::new();
    INSTANCES.get_or_init(|| {
        let base = Vnet::base().expect("the modules boot");
        let fresh = |name: &str| Vnet::builder().name(name).create().ok();
        std::iter::once(base).chain(["red", "blue", "green"].into_iter().filter_map(fresh)).collect()
    })
}
