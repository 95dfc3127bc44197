//! A name that a variable had before may stand for something else.

#![deny(warnings)]

use vimage::prelude::*;

mod outside {
    pub const OF_A_GLOB: u8 = 1;
}

#[vnet_module(except(V_MAX))]
mod foo {
    use super::outside::*;
    use std::sync::Mutex;
    use vimage::prelude::*;

    const V_MAX: u8 = 7;

    #[virtualized]
    static PARAMETER: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    static pattern: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    static ONLY_IN_A_MODULE: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    static FIELD: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    static r#type: Mutex<u8> = Mutex::new(0);

    pub fn work<const PARAMETER: u8>() -> u8 {
        #[allow(non_snake_case)]
        struct Fields {
            FIELD: u8,
        }
        let fields = Fields { FIELD: 1 };
        let Some(pattern) = Some(1) else { return 0 };
        let named = |of_closure: u8| of_closure;
        *V_PARAMETER.lock().unwrap() += PARAMETER;
        *V_pattern.lock().unwrap() += pattern;
        *V_FIELD.lock().unwrap() += fields.FIELD;
        *V_type.lock().unwrap() += V_MAX;
        *V_ONLY_IN_A_MODULE.lock().unwrap() += named(OF_A_GLOB);
        *V_type.lock().unwrap()
    }

    pub mod other {
        const ONLY_IN_A_MODULE: u8 = 3;

        pub fn work() -> u8 {
            ONLY_IN_A_MODULE
        }
    }
}

fn main() {
    vimage::boot().unwrap().enter(|| {
        assert_eq!(foo::work::<1>(), 7);
        assert_eq!(foo::other::work(), 3);
    });
}
