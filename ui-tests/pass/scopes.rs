//! Where variables can be, and what they can be made of.

#![deny(warnings)]
#![allow(static_mut_refs)]

use vimage::prelude::*;

mod without_module {}

#[vnet_module]
pub mod foo {
    #![allow(dead_code)]

    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
    use vimage::prelude::*;

    // Two of one name, of which there is one at a time.
    #[cfg(any())]
    #[virtualized]
    static CONDITIONAL: NoSuchType = no_such_value;
    #[virtualized]
    #[cfg(not(any()))]
    static CONDITIONAL: AtomicU8 = AtomicU8::new(1);

    // What a type macro means depends on where it stands.
    macro_rules! kind {
        () => { u8 };
    }
    #[virtualized]
    static FIRST: Mutex<kind!()> = Mutex::new(u8::MAX);
    macro_rules! kind {
        () => { u16 };
    }
    #[virtualized]
    static SECOND: Mutex<kind!()> = Mutex::new(u16::MAX);

    #[virtualized]
    static ARRAY: [AtomicU8; 3] = [const { AtomicU8::new(2) }; 3];
    #[virtualized]
    static TUPLE: (Mutex<&str>, &[&str]) = (Mutex::new("elided"), &["a", "b"]);
    #[virtualized]
    static CALLBACK: fn(&str) -> &str = |text| text;
    #[virtualized]
    static OBJECT: &(dyn Fn(&str) -> &str + Sync + Send) = &|text| text;
    #[virtualized]
    static ANONYMOUS: Option<std::borrow::Cow<'_, str>> = None;
    #[virtualized]
    static BORROWED: &&[String] = &(&[String::new()] as &[String]);
    #[virtualized]
    static mut RAW: u8 = 1;
    #[virtualized]
    static LARGE: [AtomicU8; 16 << 20] = [const { AtomicU8::new(0) }; 16 << 20];
    #[virtualized]
    static LAZY: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| {
        #[virtualized]
        static IN_AN_INITIALIZER: AtomicU8 = AtomicU8::new(5);
        V_IN_AN_INITIALIZER.fetch_add(1, Relaxed) + V_CONDITIONAL.load(Relaxed)
    });

    #[shared]
    thread_local! {
        static SHARED: u8 = const { 4 };
    }

    struct Private(u8);
    pub mod nested {
        use vimage::prelude::*;

        struct Hidden(u8);
        #[virtualized]
        static OF_A_HIDDEN_TYPE: Hidden = Hidden(6);

        pub fn work() -> u8 {
            mod in_a_function {
                use std::sync::atomic::AtomicU8;
                use vimage::prelude::*;
                #[virtualized]
                pub static DEEP: AtomicU8 = AtomicU8::new(1);
            }
            V_OF_A_HIDDEN_TYPE.0 + in_a_function::V_DEEP.load(super::Relaxed)
        }
    }

    impl Private {
        #[virtualized]
        fn method(&self) -> u8 {
            struct Local(u8);
            #[virtualized]
            static OF_A_LOCAL_TYPE: Local = Local(7);
            V_OF_A_LOCAL_TYPE.0 + self.0
        }
    }

    // A module in a module is its own.
    #[vcpu_module(name = "inner")]
    pub mod inner {
        use vimage::prelude::*;
        #[virtualized]
        static OF_ANOTHER_CLASS: std::sync::Mutex<u8> = std::sync::Mutex::new(8);
        pub fn work() -> u8 {
            *V_OF_ANOTHER_CLASS.lock().unwrap()
        }
    }

    pub fn work() {
        assert_eq!(V_CONDITIONAL.load(Relaxed), 1);
        assert_eq!(*V_FIRST.lock().unwrap(), 255_u8);
        assert_eq!(*V_SECOND.lock().unwrap(), 65535_u16);
        assert_eq!(V_ARRAY[1].load(Relaxed), 2);
        assert_eq!((*V_TUPLE.0.lock().unwrap(), V_TUPLE.1[1]), ("elided", "b"));
        assert_eq!(V_CALLBACK("a"), "a");
        assert_eq!(V_OBJECT("b"), "b");
        assert!(V_ANONYMOUS.is_none());
        assert_eq!(V_BORROWED[0], "");
        // SAFETY: nobody else uses it.
        unsafe { V_RAW += 1 };
        // SAFETY: as above.
        assert_eq!(unsafe { V_RAW }, 2);
        assert_eq!(V_LARGE[1 << 20].load(Relaxed), 0);
        assert_eq!(*V_LAZY, 6);
        assert_eq!(nested::work(), 7);
        assert_eq!(Private(1).method(), 8);
        assert_eq!(SHARED.with(|shared| *shared), 4);
    }
}

// A module of a file, with modules in other files.
mod file {
    vimage::virtualize! {
        class = vimage::kernel::Net;

        ; // no options

        pub mod other;

        pub mod sub {
            use super::*;
        }
    }
}

mod open {
    use vimage::prelude::*;

    // Each of them in another module than this.
    #[virtualized(in = super::foo)]
    pub mod code {
        use std::sync::Mutex;
        use vimage::prelude::*;

        #[virtualized]
        static RELATIVE: Mutex<u8> = Mutex::new(1);

        #[attach(in = crate::file)]
        fn iattach() {
            *V_RELATIVE.lock().unwrap() += 1;
        }

        pub fn work() -> u8 {
            #[virtualized(in = crate::file)]
            static ELSEWHERE: Mutex<u8> = Mutex::new(10);
            *V_RELATIVE.lock().unwrap() + *V_ELSEWHERE.lock().unwrap()
        }
    }

    pub trait Trait {
        fn required(&self) -> u8;
        #[virtualized]
        fn provided(&self) -> u8 {
            self.required() + code::work()
        }
    }

    #[virtualized]
    impl Trait for u8 {
        fn required(&self) -> u8 {
            *self
        }
    }

    // A hook may also be code with options of its own, in either order.
    #[virtualized(except(V_NOT_A_VARIABLE))]
    #[detach(in = crate::foo)]
    fn idetach() {
        const V_NOT_A_VARIABLE: u8 = 1;
        let _ = V_NOT_A_VARIABLE;
    }
    #[detach(in = crate::file)]
    #[virtualized(except(V_NOT_A_VARIABLE))]
    fn idetach_too() {
        const V_NOT_A_VARIABLE: u8 = 1;
        let _ = V_NOT_A_VARIABLE;
    }
}

// All of it made by a macro of the user's.
macro_rules! declare {
    ($module:ident, $name:ident: $ty:ty = $init:expr, $accessor:ident, $body:expr) => {
        #[vprocg_module]
        mod $module {
            use vimage::prelude::*;
            #[virtualized]
            pub static $name: $ty = $init;
            pub fn made_by_a_macro() -> u8 {
                $body
            }
        }
        #[virtualized(in = crate::$module)]
        pub static IN_A_MACRO: $ty = $init;
        #[virtualized]
        fn made_by_a_macro() -> u8 {
            V_IN_A_MACRO.load(std::sync::atomic::Ordering::Relaxed) + $module::$accessor.load(std::sync::atomic::Ordering::Relaxed)
        }
    };
}
declare!(made, MADE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(3), V_MADE, {
    V_MADE.load(std::sync::atomic::Ordering::Relaxed)
});

// Each thread has its own, elsewhere than the module.
#[virtualized(in = crate::foo)]
thread_local! {
    static PER_THREAD: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[virtualized]
fn per_thread() -> usize {
    V_PER_THREAD.with_borrow_mut(|values| {
        values.push(1);
        values.len()
    })
}

fn main() {
    use open::Trait;
    vimage::boot().unwrap().enter(|| {
        foo::work();
        assert_eq!(foo::inner::work(), 8);
        assert_eq!(file::other::work(), 9);
        assert_eq!(1.provided(), 13);
        assert_eq!((made::made_by_a_macro(), made_by_a_macro()), (3, 6));
        assert_eq!((per_thread(), per_thread()), (1, 2));
    });
}
