//! A variable is one value per instance, and not one per parameter of what it stands in.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::marker::PhantomData;
    use std::sync::Mutex;
    use vimage::prelude::*;

    fn function<T>() {
        #[virtualized]
        static OF_A_PARAMETER: PhantomData<T> = PhantomData;
    }

    struct Of<T>(T);

    impl<T: Default, const N: usize> Of<[T; N]> {
        fn method() -> bool {
            #[virtualized]
            static OF_A_CONSTANT: Mutex<[u8; N]> = Mutex::new([0; N]);
            V_OF_A_CONSTANT.lock().is_ok()
        }
    }
}

fn main() {}
