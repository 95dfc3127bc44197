//! Every kind of function can mention variables. Compiles in editions 2021 and 2024.
#![allow(clippy::items_after_statements)]
#![allow(clippy::boxed_local, reason = "code as users write it")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use vimage::prelude::*;

/// Runs a test in the base instance and in two fresh ones. What one leaves behind would fail the next.
fn in_each_instance(test: impl Fn()) {
    vimage::boot().unwrap().enter(&test);
    for vnet in [Vnet::new(), Vnet::new()].into_iter().flatten() {
        vnet.enter(&test);
    }
}

#[vnet_module]
mod results {
    use std::num::ParseIntError;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static SUM: AtomicU64 = AtomicU64::new(1);

    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());

    pub fn guard_in_tail() -> usize {
        V_LIST.lock().unwrap().len()
    }

    pub fn nothing() {
        V_LIST.lock().unwrap().push(1);
    }

    pub fn question_mark(text: &str) -> Result<u64, ParseIntError> {
        let n: u64 = text.parse()?;
        V_SUM.fetch_add(n, Relaxed);
        Ok(V_SUM.load(Relaxed))
    }

    pub fn early_return(positive: bool) -> u64 {
        if !positive {
            return 0;
        }
        V_SUM.load(Relaxed)
    }

    pub fn never(text: &str) -> ! {
        V_SUM.fetch_add(1, Relaxed);
        panic!("{text} {}", V_SUM.load(Relaxed))
    }

    pub fn labels() -> u64 {
        let mut steps = 0;
        'outer: loop {
            let found = 'search: {
                for n in 0..9 {
                    if n == V_SUM.load(Relaxed) {
                        break 'search n;
                    }
                    steps += 1;
                }
                break 'outer 0;
            };
            if found > 0 {
                break steps + found;
            }
        }
    }

    pub fn let_else(given: Option<u64>) -> u64 {
        let Some(given) = given else { return V_SUM.load(Relaxed) };
        let Some(last) = V_LIST.lock().unwrap().last().copied() else { panic!("the list is not empty") };
        given + last
    }

    pub fn match_guard(n: u64) -> &'static str {
        match n {
            n if n == V_SUM.load(Relaxed) => "sum",
            n if V_LIST.lock().unwrap().contains(&n) => "listed",
            _ => "other",
        }
    }

    pub fn mutable_result<'a>(first: &'a mut u64, second: &'a mut u64) -> &'a mut u64 {
        if V_SUM.load(Relaxed) > 0 { first } else { second }
    }

    pub fn coerced(listed: bool) -> Box<dyn Fn() -> u64> {
        V_SUM.load(Relaxed);
        if listed { Box::new(|| V_LIST.lock().unwrap().iter().sum()) } else { Box::new(|| V_SUM.load(Relaxed)) }
    }

    pub fn coerced_closures(up: bool) -> fn(u64) -> u64 {
        V_SUM.load(Relaxed);
        if up { |n| n + V_SUM.load(Relaxed) } else { |n| n - V_SUM.load(Relaxed) }
    }

    pub fn recursive(depth: u64) -> u64 {
        V_SUM.fetch_add(1, Relaxed);
        if depth == 0 { V_SUM.load(Relaxed) } else { recursive(depth - 1) }
    }
}

#[test]
fn results_of_all_kinds() {
    use results::*;
    in_each_instance(|| {
        nothing();
        assert_eq!(guard_in_tail(), 1);
        assert!(question_mark("x").is_err());
        assert_eq!(question_mark("3").unwrap(), 4);
        assert_eq!(early_return(false), 0);
        assert_eq!(early_return(true), 4);
        let panic = catch_unwind(AssertUnwindSafe(|| never("sum"))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "sum 5");
        assert_eq!(labels(), 10);
        assert_eq!(let_else(None), 5);
        assert_eq!(let_else(Some(10)), 11);
        assert_eq!((match_guard(5), match_guard(1), match_guard(7)), ("sum", "listed", "other"));
        let (mut first, mut second) = (1, 2);
        *mutable_result(&mut first, &mut second) += 10;
        assert_eq!((first, second), (11, 2));
        assert_eq!((coerced(true)(), coerced(false)()), (1, 5));
        assert_eq!((coerced_closures(true)(10), coerced_closures(false)(10)), (15, 5));
        assert_eq!(recursive(2), 8);
    });
}

#[vnet_module]
mod functions {
    use std::fmt::Display;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static CALLS: AtomicU64 = AtomicU64::new(0);

    fn count() -> u64 {
        V_CALLS.fetch_add(1, Relaxed) + 1
    }

    pub fn takes_impl(what: impl Display) -> String {
        format!("{what} {}", V_CALLS.fetch_add(1, Relaxed))
    }

    pub fn returns_impl() -> impl Iterator<Item = u64> {
        let start = V_CALLS.load(Relaxed);
        (start..start + 2).map(|n| n * V_CALLS.load(Relaxed))
    }

    pub fn returns_closure_of_references() -> impl Fn(&str) -> &str {
        V_CALLS.fetch_add(1, Relaxed);
        |text| if V_CALLS.load(Relaxed) > 0 { text } else { "" }
    }

    pub fn returns_from_the_middle(empty: bool) -> impl Iterator<Item = u64> {
        V_CALLS.fetch_add(1, Relaxed);
        if empty {
            return Vec::new().into_iter();
        }
        vec![V_CALLS.load(Relaxed)].into_iter()
    }

    pub fn closures_returning_closures() -> u64 {
        let outer = || {
            let by = V_CALLS.fetch_add(1, Relaxed);
            move |n: u64| n + by + V_CALLS.load(Relaxed)
        };
        let declared = || -> Box<dyn Fn(u64) -> u64> { Box::new(|n| n * V_CALLS.load(Relaxed)) };
        declared()(outer()(1))
    }

    pub fn generic<T: Copy + Into<u64>, const N: usize>(values: [T; N]) -> u64 {
        values.into_iter().map(|value| value.into() * V_CALLS.load(Relaxed)).sum::<u64>() + N as u64
    }

    pub unsafe fn not_safe(at: *const u64) -> u64 {
        // SAFETY: the caller vouches for it.
        unsafe { *at + V_CALLS.load(Relaxed) }
    }

    pub extern "C" fn foreign(n: u64) -> u64 {
        n + V_CALLS.load(Relaxed)
    }

    pub fn unsafe_around_a_closure() -> u64 {
        // SAFETY: the pointer is a reference.
        unsafe { Some(1).map(|n| n + V_CALLS.load(Relaxed) + *std::ptr::from_ref(&0)).unwrap() }
    }

    pub fn inner_functions() -> u64 {
        fn inner() -> u64 {
            V_CALLS.load(Relaxed)
        }
        struct Local;
        impl Local {
            fn method(&self) -> u64 {
                V_CALLS.load(Relaxed) + inner()
            }
        }
        Local.method() + V_CALLS.load(Relaxed)
    }

    pub struct Thing(pub u64);

    impl Thing {
        pub const WORTH: u64 = 100;

        pub fn by_value(self) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn by_reference(&self) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn by_mutable_reference(&mut self) -> &mut Self {
            self.0 += V_CALLS.load(Relaxed);
            self
        }
        pub fn boxed(self: Box<Self>) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn counted(self: &Rc<Self>) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn shared(self: Arc<Self>) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn pinned(self: Pin<&mut Self>) -> u64 {
            self.0 + V_CALLS.load(Relaxed)
        }
        pub fn associated() -> u64 {
            Self::WORTH + V_CALLS.load(Relaxed)
        }
    }

    pub trait Counted {
        fn provided(&self) -> u64 {
            V_CALLS.load(Relaxed) + self.required()
        }
        fn required(&self) -> u64;
        fn iterator(&self) -> impl Iterator<Item = u64> {
            std::iter::once(V_CALLS.load(Relaxed))
        }
    }

    impl Counted for Thing {
        fn required(&self) -> u64 {
            count()
        }
    }

    impl Drop for Thing {
        fn drop(&mut self) {
            V_CALLS.fetch_add(1000, Relaxed);
        }
    }
}

#[test]
fn functions_of_all_kinds() {
    use functions::*;
    use std::sync::atomic::Ordering::Relaxed;
    in_each_instance(|| {
        assert_eq!(takes_impl('x'), "x 0");
        assert_eq!(returns_impl().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(returns_closure_of_references()("text"), "text");
        assert_eq!(returns_from_the_middle(true).next(), None);
        assert_eq!(returns_from_the_middle(false).next(), Some(4));
        assert_eq!(closures_returning_closures(), (1 + 4 + 5) * 5);
        assert_eq!(generic([1_u8, 2]), 17);
        // SAFETY: the pointer is a reference.
        assert_eq!(unsafe { not_safe(&1) }, 6);
        assert_eq!(foreign(2), 7);
        assert_eq!(unsafe_around_a_closure(), 6);
        assert_eq!(inner_functions(), 15);
        let thing = |n| std::mem::ManuallyDrop::new(Thing(n));
        assert_eq!(thing(1).by_reference(), 6);
        assert_eq!(thing(1).by_mutable_reference().0, 6);
        assert_eq!(Thing::associated(), 105);
        assert_eq!(thing(1).provided(), 11);
        assert_eq!(thing(1).iterator().collect::<Vec<_>>(), [6]);
        assert_eq!(Thing(1).by_value(), 7);
        assert_eq!(Box::new(Thing(1)).boxed(), 1007);
        assert_eq!(std::rc::Rc::new(Thing(1)).counted(), 2007);
        assert_eq!(std::sync::Arc::new(Thing(1)).shared(), 3007);
        assert_eq!(std::pin::pin!(Thing(1)).pinned(), 4007);
        assert_eq!(V_CALLS.with_current(|calls| calls.load(Relaxed)), 5006);
    });
}

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
