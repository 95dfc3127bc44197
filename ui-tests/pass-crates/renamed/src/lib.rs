//! Each of our attributes says where the runtime is.

#![forbid(unsafe_code)]
#![no_implicit_prelude]

use ::vi::prelude::*;

::vi::class! {
    /// A class.
    pub struct Tenant;
    crate = ::vi; no_context = base
}

/// A module in a file of its own.
pub mod file {
    ::vi::virtualize! {
        crate = ::vi, class = super::Tenant, name = "file";

        use ::std::sync::Mutex;

        /// A variable.
        #[virtualized]
        pub static VALUE: Mutex<u8> = Mutex::new(2);

        use ::vi::prelude::*;
    }
}

/// A module.
#[vnet_module(crate = ::vi)]
pub mod closed {
    use ::std::cell::Cell;
    use ::std::sync::atomic::{AtomicU8, Ordering::Relaxed};

    #[vi::prelude::virtualized(keep)]
    static COUNTER: AtomicU8 = AtomicU8::new(1);
    #[vi::shared]
    static CALLS: AtomicU8 = AtomicU8::new(0);
    #[vi::virtualized]
    ::std::thread_local! {
        static LOCAL: Cell<u8> = const { Cell::new(1) };
    }

    /// Virtualized code.
    pub fn work() -> u8 {
        CALLS.fetch_add(1, Relaxed);
        V_LOCAL.set(V_LOCAL.get() + 1);
        V_COUNTER.fetch_add(1, Relaxed) + V_LOCAL.get()
    }

    /// Async code.
    pub async fn waits() -> u8 {
        let before = V_COUNTER.load(Relaxed);
        ::std::future::ready(()).await;
        V_COUNTER.load(Relaxed) - before
    }

    /// A closure as a result, a block with items, and macros.
    pub fn adds(n: u8) -> impl ::std::ops::Fn(u8) -> ::std::string::String {
        let one = {
            use super::closed::V_COUNTER;
            const ONE: u8 = 1;
            ::std::assert!(V_COUNTER.load(Relaxed) >= ONE);
            ONE
        };
        move |m| ::std::format!("{}", V_COUNTER.load(Relaxed) - V_COUNTER.load(Relaxed) + n + m + one)
    }
}

/// A variable elsewhere.
#[virtualized(in = crate::closed, crate = ::vi)]
pub static OPEN: ::std::sync::Mutex<u8> = ::std::sync::Mutex::new(3);

/// Virtualized code.
#[virtualized(crate = ::vi)]
pub fn open() -> u8 {
    *V_OPEN.lock().unwrap()
}

#[attach(in = crate::closed, crate = ::vi)]
fn iattach() {
    *V_OPEN.lock().unwrap() += 1;
}

#[detach(in = crate::closed, crate = ::vi)]
fn idetach() {}

/// One for all.
#[shared(crate = ::vi)]
pub static SHARED: u8 = 0;

#[cfg(test)]
mod tests {
    use ::std::assert_eq;
    use ::vi::prelude::*;

    #[test]
    fn all_code_works() {
        use ::std::task::{Context, Poll, Waker};
        ::vi::boot().unwrap().enter(|| {
            assert_eq!(crate::closed::adds(1)(2), "4");
            let mut future = ::std::pin::pin!(crate::closed::waits());
            let polled = ::std::future::Future::poll(future.as_mut(), &mut Context::from_waker(Waker::noop()));
            assert_eq!(polled, Poll::Ready(0));
        });
    }

    #[test]
    fn each_form_works() {
        ::vi::boot().unwrap().enter(|| {
            assert_eq!(crate::closed::work(), 3);
            assert_eq!(crate::closed::work(), 5);
            assert_eq!(crate::open(), 4);
            assert_eq!(crate::SHARED, 0);
            assert_eq!(crate::file::V_VALUE.with_current(|value| *value.lock().unwrap()), 2);
        });
    }
}
