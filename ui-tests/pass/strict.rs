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

    /// An async function: pieces between its `.await`s, and one without any.
    pub async fn waits() -> u64 {
        if V_MODE.load(Relaxed) == 0 {
            ::std::future::ready(()).await;
        }
        V_MODE.store(V_COUNTER.load(Relaxed), Relaxed);
        ::std::future::ready(()).await;
        V_MODE.load(Relaxed)
    }

    /// An async block, and a result whose type is not said.
    pub fn later(more: u64) -> impl ::std::future::Future<Output = u64> {
        async move { V_COUNTER.load(Relaxed) + more }
    }

    /// Closures, as a result and in a block with items.
    pub fn adds(n: u64) -> impl ::std::ops::Fn(u64) -> u64 {
        let seen = {
            use super::one::V_MODE;
            const ONE: u64 = 1;
            V_MODE.load(Relaxed) * ONE
        };
        move |m| V_COUNTER.load(Relaxed) + n + m + seen
    }

    /// Macros.
    pub fn shows() -> String {
        ::std::assert!(V_COUNTER.load(Relaxed) > 0, "{}", V_COUNTER.load(Relaxed));
        let all = ::std::vec![V_COUNTER.load(Relaxed), V_MODE.load(Relaxed)];
        ::std::debug_assert!(::std::matches!(all.len(), n if n > V_CONSTANT));
        ::std::format!("{} {mode}", V_COUNTER.load(Relaxed), mode = V_MODE.load(Relaxed))
    }

    #[virtualized]
    static CONSTANT: usize = 1;
}

mod two {
    ::vimage::virtualize! {
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

/// The value of a future that never waits for long.
fn now<F: ::std::future::Future>(future: F) -> F::Output {
    use ::std::task::{Context, Poll, Waker};
    let mut future = ::std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => ::std::panic!("it waits for nothing"),
    }
}

fn main() {
    let base = ::vimage::boot().unwrap();
    base.enter(|| {
        assert_eq!(one::work(), 7);
        assert_eq!(one::work(), 9);
        assert_eq!(two::value(), 2);
        assert_eq!(open(), 3);
        assert_eq!(now(one::waits()), 5);
        assert_eq!(now(one::later(2)), 7);
        assert_eq!(one::adds(1)(2), 5 + 1 + 2 + 5);
        assert_eq!(one::shows(), "5 5");
    });
}
