//! What is written to a variable has to live as long as its type says, as it does for a static.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static mut NAME: &str = "";
    #[virtualized]
    static NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());

    fn assign(name: &str) {
        // SAFETY: nobody else is here.
        unsafe { V_NAME = name }
    }

    fn through_a_pointer(name: &str) {
        let place = &raw mut V_NAME;
        // SAFETY: nobody else is here.
        unsafe { *place = name }
    }

    fn push(name: &str) {
        V_NAMES.lock().unwrap().push(name);
    }
}

fn main() {}
