//! Variables can be used in every kind of function. Compiles in editions 2021 and 2024.
#![allow(clippy::boxed_local, reason = "code as users write it")]

mod support;

use support::instances::in_each_instance;
use support::panics::panic_of;
use vimage::prelude::*;

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
        assert_eq!(panic_of(|| never("sum")), "sum 5");
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
