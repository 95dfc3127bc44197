//! Blocks with items of their own, and what is dropped at the end of blocks. Compiles in editions 2021 and 2024.

mod support;

use support::instances::in_each_instance;
use vimage::prelude::*;

#[vnet_module]
mod scopes {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<&str> = Mutex::new("outer");

    pub mod inner {
        use super::*;

        #[virtualized]
        pub static NAME: Mutex<&str> = Mutex::new("inner");
    }

    fn name() -> &'static str {
        *V_NAME.lock().unwrap()
    }

    pub fn use_in_a_block() -> [&'static str; 3] {
        let before = *V_NAME.lock().unwrap();
        let within = {
            use inner::V_NAME;
            *V_NAME.lock().unwrap()
        };
        [before, within, *V_NAME.lock().unwrap()]
    }

    pub fn use_behind_statements() -> (u64, &'static str) {
        let before = 1;
        use inner::V_NAME;
        (before, *V_NAME.lock().unwrap())
    }

    pub fn use_behind_statements_of_a_block(deep: bool) -> Vec<&'static str> {
        let mut seen = Vec::new();
        for _ in 0..2 {
            if deep {
                seen.push(*V_NAME.lock().unwrap());
                {
                    seen.push(name());
                    use inner::V_NAME;
                    seen.push(*V_NAME.lock().unwrap());
                }
            }
        }
        seen
    }

    pub fn glob() -> &'static str {
        let within = {
            use inner::*;
            {
                fn _unrelated() {}
                *V_NAME.lock().unwrap()
            }
        };
        assert_eq!(name(), "outer");
        within
    }

    pub fn by_path() -> [&'static str; 3] {
        let within = *self::inner::V_NAME.lock().unwrap();
        let outer = *V_NAME.lock().unwrap();
        [within, outer, *super::scopes::V_NAME.lock().unwrap()]
    }

    pub fn macro_in_a_block(n: u64) -> u64 {
        let twice = n * 2;
        macro_rules! twice {
            () => {
                twice
            };
        }
        const ONE: u64 = 1;
        twice!() + ONE + V_NAME.lock().unwrap().len() as u64
    }

    pub fn static_in_a_function() -> u64 {
        #[virtualized]
        static COUNT: AtomicU64 = AtomicU64::new(10);
        V_COUNT.fetch_add(1, Relaxed)
    }

    /// In edition 2021 the guard outlives the block; the text it yields is copied from it behind the block.
    pub fn temporaries() -> String {
        let all = {
            use inner::V_NAME;
            let name = &V_NAME;
            name.lock().unwrap().to_owned()
        };
        let text = &{
            use inner::V_NAME;
            format!("{all} {}", V_NAME.lock().unwrap())
        };
        text.clone()
    }
}

#[test]
fn blocks_with_items_are_scopes() {
    use scopes::*;
    in_each_instance(|| {
        assert_eq!(use_in_a_block(), ["outer", "inner", "outer"]);
        assert_eq!(use_behind_statements(), (1, "inner"));
        assert_eq!(use_behind_statements_of_a_block(false), [""; 0]);
        let seen = ["outer", "outer", "inner", "outer", "outer", "inner"];
        assert_eq!(use_behind_statements_of_a_block(true), seen);
        assert_eq!(glob(), "inner");
        assert_eq!(by_path(), ["inner", "outer", "outer"]);
        assert_eq!(macro_in_a_block(3), 12);
        assert_eq!((static_in_a_function(), static_in_a_function()), (10, 11));
        assert_eq!(temporaries(), "inner inner");
    });
}

/// The same functions as they would be with a global, to compare with.
macro_rules! droppers {
    ($(#[$attr:meta])* mod $name:ident, $from:ident::$lock:ident) => {
        $(#[$attr])*
        mod $name {
            use super::Noisy;
            use super::$from::$lock;

            pub fn tail() -> usize {
                let _local = Noisy("local");
                $lock.touch("tail").len()
            }
            pub fn inner_block() -> usize {
                let _local = Noisy("local");
                let length = {
                    use super::$from::$lock;
                    let _inner = Noisy("inner");
                    $lock.touch("tail").len()
                } + $lock.touch("second").len();
                length
            }
            pub fn unsafe_block() -> usize {
                // SAFETY: the pointer is a reference.
                let length = unsafe {
                    const _ITEM: u8 = 0;
                    let _inner = Noisy("inner");
                    let lock = std::ptr::from_ref(&$lock);
                    (*lock).touch("tail").len() + $lock.touch("last").len()
                };
                length
            }
            pub fn closure() -> usize {
                let _local = Noisy("local");
                let count = |_noisy: Noisy| $lock.touch("tail").len();
                count(Noisy("argument"))
            }
            pub fn scrutinee() -> usize {
                let _local = Noisy("local");
                match $lock.touch("scrutinee").len() {
                    0 => $lock.touch("zero").len(),
                    _ => {
                        let _arm = Noisy("arm");
                        $lock.touch("arm's tail").len()
                    }
                }
            }
            pub fn condition() -> usize {
                if let Some(9) = Some($lock.touch("condition")).as_ref().map(Noisy::len).filter(|&len| len > 99) {
                    1
                } else {
                    let _otherwise = Noisy("else");
                    $lock.touch("else's tail").len()
                }
            }
        }
    };
}

struct Noisy(&'static str);

impl Noisy {
    fn len(&self) -> usize {
        self.0.len()
    }
}

thread_local! {
    static DROPPED: std::cell::RefCell<Vec<&'static str>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

struct Lock;

impl Lock {
    fn touch(&self, name: &'static str) -> Noisy {
        Noisy(name)
    }
}

mod global {
    pub(super) static LOCK: super::Lock = super::Lock;
}

#[vnet_module]
mod variable {
    use super::Lock;
    use vimage::prelude::*;

    #[virtualized]
    pub(super) static LOCK: Lock = Lock;
}

droppers!(mod with_a_global, global::LOCK);
droppers!(#[virtualized] mod with_a_variable, variable::V_LOCK);

#[test]
fn values_are_dropped_in_the_order_of_the_original() {
    fn dropped(f: fn() -> usize) -> Vec<&'static str> {
        f();
        DROPPED.take()
    }
    in_each_instance(|| {
        use {with_a_global as plain, with_a_variable as virtualized};
        assert_eq!(dropped(virtualized::tail), dropped(plain::tail));
        assert_eq!(dropped(virtualized::inner_block), dropped(plain::inner_block));
        assert_eq!(dropped(virtualized::unsafe_block), dropped(plain::unsafe_block));
        assert_eq!(dropped(virtualized::closure), dropped(plain::closure));
        assert_eq!(dropped(virtualized::scrutinee), dropped(plain::scrutinee));
        assert_eq!(dropped(virtualized::condition), dropped(plain::condition));
    });
}
