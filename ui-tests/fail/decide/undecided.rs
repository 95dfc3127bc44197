//! Each `static` in a module is decided about.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static DECIDED: AtomicU64 = AtomicU64::new(0);
    #[shared]
    pub static SHARED: AtomicU64 = AtomicU64::new(0);
    pub static TABLE: &[(u8, &str, [f32; 2], fn())] = &[];
    pub static IMMUTABLE: &[(u8, &str, [f32; 2])] = &[];

    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
    static mut RAW: u8 = 0;

    thread_local! {
        static LOCAL: Cell<u8> = const { Cell::new(0) };
    }

    unsafe extern "C" {
        static environ: *const *const u8;
    }

    macro_rules! make {
        ($name:ident) => {
            static $name: AtomicU64 = AtomicU64::new(0);
        };
    }
    make!(MADE);
    #[shared]
    make!(MADE_AND_SHARED);

    mod inner {
        static NESTED: super::Mutex<u8> = super::Mutex::new(0);
    }

    struct Local;
    impl Local {
        fn function(&self) {
            static IN_A_METHOD: Mutex<u8> = Mutex::new(0);
            let _closure = || {
                std::thread_local!(static IN_A_CLOSURE: Cell<u8> = const { Cell::new(0) });
            };
        }
    }
}

fn main() {}
