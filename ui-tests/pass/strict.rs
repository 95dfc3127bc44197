//! Nothing is needed of a crate: no `unsafe`, no prelude, and everything documented.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub, warnings)]

use ::std::assert_eq;
use ::vimage::prelude::*;

::vimage::class! {
    /// A class.
    pub struct Tenant;
    no_context = base;
}

/// A module.
#[vnet_module(name = "one")]
pub mod one {
    use ::std::cell::Cell;
    use ::std::option::Option::{self, Some};
    use ::std::string::String;
    use ::std::sync::Mutex;
    use ::std::convert::Into;
    use ::std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use ::vimage::prelude::*;

    /// A variable.
    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap, sysctl("one.mode", rw, tunable, base_only, range = 0..=3, unit = "s"))]
    static MODE: AtomicU64 = AtomicU64::new(1);

    #[shared(symmap, sysctl("one.debug", rw, handler = debug))]
    static DEBUG: AtomicU64 = AtomicU64::new(0);

    fn debug(variable: &AtomicU64, new: Option<bool>) -> ::std::result::Result<bool, String> {
        if let Some(new) = new {
            variable.store(new.into(), Relaxed);
        }
        ::std::result::Result::Ok(variable.load(Relaxed) != 0)
    }

    #[virtualized(symmap, sysctl("one.raw", ro, handler = raw))]
    static mut RAW: u64 = 0;

    fn raw(_: *mut u64, _: Option<u64>) -> ::std::result::Result<u64, String> {
        ::std::result::Result::Ok(V_MODE.load(Relaxed))
    }

    #[derive(Clone)]
    struct Word(String);

    impl ::std::fmt::Display for Word {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            self.0.fmt(f)
        }
    }

    impl ::std::str::FromStr for Word {
        type Err = ();

        fn from_str(text: &str) -> ::std::result::Result<Self, ()> {
            ::std::result::Result::Ok(Self(text.into()))
        }
    }

    ::vimage::sysctl::by_text!(Word);

    #[virtualized(sysctl("one.word", rw))]
    static WORD: Mutex<Word> = Mutex::new(Word(String::new()));

    #[virtualized(keep)]
    static NAME: Mutex<Option<String>> = Mutex::new(Option::None);

    #[virtualized]
    thread_local! {
        static LOCAL: Cell<u64> = const { Cell::new(1) };
    }

    #[attach]
    fn iattach(_: &::vimage::Arguments) -> ::std::result::Result<(), String> {
        V_COUNTER.store(5, Relaxed);
        ::std::result::Result::Ok(())
    }

    #[detach]
    fn idetach() {}

    /// A function.
    pub fn work() -> u64 {
        #[virtualized]
        static CALLS: AtomicU64 = AtomicU64::new(0);
        *V_NAME.lock().unwrap() = Some(String::new());
        V_LOCAL.set(V_LOCAL.get() + 1);
        V_CALLS.fetch_add(1, Relaxed) + V_COUNTER.load(Relaxed) + V_LOCAL.get()
    }
}

mod two {
    ::vimage::vimage_module! {
        class = crate::Tenant;

        use ::std::sync::Mutex;
        use ::vimage::prelude::*;

        #[virtualized]
        static VALUE: Mutex<u8> = Mutex::new(2);

        pub(crate) fn value() -> u8 {
            *V_VALUE.lock().unwrap()
        }
    }
}

#[virtualized(in = crate::one)]
static OPEN: ::std::sync::Mutex<u8> = ::std::sync::Mutex::new(3);

#[virtualized]
fn open() -> u8 {
    *V_OPEN.lock().unwrap()
}

fn main() {
    let base = ::vimage::boot().unwrap();
    base.enter(|| {
        assert_eq!(one::work(), 7);
        assert_eq!(one::work(), 9);
        assert_eq!(two::value(), 2);
        assert_eq!(open(), 3);
    });
}
