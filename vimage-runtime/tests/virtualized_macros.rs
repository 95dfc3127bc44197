//! Variables can be used in macros that evaluate their arguments in place. Compiles in editions 2021 and 2024.

#![allow(clippy::format_in_format_args, clippy::useless_vec, reason = "code as users write it")]

mod support;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use support::instances::in_each_instance;
use support::panics::panic_of;
use vimage::prelude::*;

#[vnet_module(macros(sum, locally::both, statements), except(V_LIMIT, V_Kind))]
mod calls {
    use std::fmt::Write;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::task::{Context, Poll, Waker};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());
    #[virtualized]
    static WIDTH: usize = 6;

    pub fn formatting() -> String {
        let width = V_WIDTH;
        let mut text = format!("{:>1$} {n:?} {2}", V_N.load(Relaxed), V_WIDTH, "literal", n = V_N.load(Relaxed),);
        text += &format!("{:>width$}", V_N.load(Relaxed));
        text += &std::format!("{}{{V_N}}", format!("<{}>", V_N.load(Relaxed)));
        write!(text, "{}", V_NAME.lock().unwrap()).unwrap();
        ::std::writeln!(&mut text).unwrap();
        text += &format_args!("{}", V_N.load(Relaxed)).to_string();
        print!("{}", V_N.load(Relaxed));
        println!();
        println! { "{}", V_N.load(Relaxed) }
        eprint!("{:?}", V_NAME);
        eprintln!("{0} {0}", V_N.load(Relaxed));
        text
    }

    pub fn assertions() {
        assert!(V_N.load(Relaxed) == 3);
        assert!(V_N.load(Relaxed) == 3, "{}", V_N.load(Relaxed));
        assert_eq!(V_N.load(Relaxed), 3, "not {}", V_N.load(Relaxed));
        assert_ne!("{V_N}", V_NAME.lock().unwrap().as_str(),);
        debug_assert!(V_N.load(Relaxed) == 3);
        debug_assert_eq!(V_N.load(Relaxed), V_WIDTH as u64 / 2);
        debug_assert_ne!(V_N.load(Relaxed), 4);
    }

    pub fn panics(which: u32) {
        match which {
            0 => panic!("zero {}", V_N.load(Relaxed)),
            1 => todo!("one {}", V_N.load(Relaxed)),
            2 => unimplemented!("two {}", V_N.load(Relaxed)),
            3 => unreachable!("three {}", V_N.load(Relaxed)),
            _ => panic!("{}", *V_NAME.lock().unwrap()),
        }
    }

    pub fn values() -> Vec<u64> {
        let mut all = vec![V_N.load(Relaxed), dbg!(V_N.load(Relaxed) + 1), 5];
        all.extend(vec![V_N.load(Relaxed); V_WIDTH]);
        all.push(u64::from(matches!(V_N.load(Relaxed), 1..=3 | 9)));
        all.push(u64::from(matches!(V_N.load(Relaxed), n if n == V_N.load(Relaxed) + 1)));
        let Poll::Ready(n) = polled() else { panic!("it is ready") };
        all.push(n);
        all
    }

    fn polled() -> Poll<u64> {
        let mut future = pin!(async { V_N.load(Relaxed) });
        let n = std::task::ready!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        Poll::Ready(n)
    }

    pub fn closures_inside() -> u64 {
        let mapped = vec![Some(1).map(|n| n + V_N.load(Relaxed))];
        assert_eq!([1].map(|n| n + V_N.load(Relaxed)), [4]);
        mapped[0].unwrap()
    }

    pub fn closures_only(elsewhere: impl Fn(&dyn Fn() -> u64) -> u64) -> Vec<u64> {
        V_N.fetch_add(10, Relaxed);
        assert_eq!(elsewhere(&|| V_N.load(Relaxed)), elsewhere(&|| V_N.load(Relaxed)), "{}", V_N.load(Relaxed));
        let seen = vec![elsewhere(&|| V_N.load(Relaxed)), V_N.load(Relaxed)];
        V_N.fetch_sub(10, Relaxed);
        seen
    }

    macro_rules! sum {
        ($($term:expr),* $(; $last:expr)?) => { 0 $(+ $term)* $(+ $last)? };
    }

    mod locally {
        macro_rules! both {
            ($first:expr => $second:expr) => {
                ($first, $second)
            };
        }
        pub(super) use both;
    }

    macro_rules! statements {
        ($($statements:tt)*) => { $($statements)* };
    }

    macro_rules! opaque {
        ($($tokens:tt)*) => { { $($tokens)* } };
    }

    pub fn vouched() -> u64 {
        let (first, second) = locally::both!(V_N.load(Relaxed) => V_WIDTH as u64);
        statements! {
            let third = V_N.load(Relaxed);
            V_N.store(third, Relaxed);
        }
        sum!(first, second, V_N.load(Relaxed); [V_N.load(Relaxed)][0])
    }

    pub fn with_current_in_any_macro() -> u64 {
        opaque!(V_N.with_current(|n| n.load(Relaxed)) + self::V_WIDTH.with_current(|width| *width as u64))
    }

    const V_LIMIT: u64 = 50;

    #[allow(non_camel_case_types)]
    pub enum V_Kind {
        Some(u64),
    }

    pub fn exceptions() -> u64 {
        let V_Kind::Some(limit) = V_Kind::Some(V_LIMIT);
        let text = format!("{V_LIMIT}");
        limit + text.len() as u64 + opaque!(V_LIMIT) + V_N.load(Relaxed)
    }

    pub async fn beside_waits(wait: impl AsyncFn() -> u64) -> String {
        let mut text = String::new();
        for n in vec![V_N.load(Relaxed), wait().await] {
            write!(text, "{n} {} ", V_N.load(Relaxed)).unwrap();
        }
        write!(text, "{} {}", V_N.load(Relaxed), wait().await).unwrap();
        assert_eq!(V_N.load(Relaxed), wait().await + 2, "{} {}", V_N.load(Relaxed), wait().await);
        if matches!(V_NAME.lock().unwrap().as_str(), "other") && wait().await == 0 {
            panic!("{}", V_N.load(Relaxed));
        }
        let list = &V_NAME;
        assert!(list.lock().unwrap().is_empty(), "{:?}", list.lock());
        println! { "{}", list.lock().unwrap() }
        text
    }
}

#[test]
fn arguments_are_evaluated_in_place() {
    use calls::*;
    in_each_instance(|| {
        assert_eq!(formatting(), "     3 3 literal     3<3>{V_N}\n3");
        assertions();
        assert_eq!(values(), [3, 4, 5, 3, 3, 3, 3, 3, 3, 1, 0, 3]);
        assert_eq!(closures_inside(), 4);
        assert_eq!(vouched(), 15);
        assert_eq!(with_current_in_any_macro(), 9);
        assert_eq!(exceptions(), 105);
        let message = |which| panic_of(|| panics(which));
        let messages = ["zero 3", "not yet implemented: one 3", "not implemented: two 3"];
        assert_eq!([0, 1, 2].map(message), messages);
        assert_eq!(message(3), "internal error: entered unreachable code: three 3");
    });
}

#[test]
fn arguments_beside_an_await_are_too() {
    in_each_instance(|| {
        let mut future = pin!(calls::beside_waits(async || 1));
        let text = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(text, Poll::Ready("3 3 1 3 3 1".to_owned()));
    });
}

#[test]
fn closures_in_arguments_run_where_they_are_called() {
    in_each_instance(|| {
        let in_another = |f: &dyn Fn() -> u64| match Vnet::new() {
            Ok(another) => another.enter(f),
            Err(_) => f() - 10,
        };
        assert_eq!(calls::closures_only(in_another), [3, 13]);
        assert_eq!(calls::closures_only(|f| f()), [13, 13]);
    });
}

/// What is printed about an argument is what the user wrote, where it was written.
#[test]
fn messages_show_the_code_as_it_was_written() {
    use std::cell::RefCell;
    use std::panic::{self, Location};

    thread_local!(static AT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });
    vimage::boot().unwrap();
    let before = panic::take_hook();
    let line = |location: &Location| AT.with_borrow_mut(|lines| lines.push(location.line()));
    panic::set_hook(Box::new(move |info| info.location().map(line).unwrap_or_default()));
    let messages = [panic_of(|| Vnet::base().unwrap().enter(shown::plain))];
    let messages = messages.into_iter().chain([
        panic_of(|| Vnet::base().unwrap().enter(shown::with_a_closure)),
        panic_of(|| Vnet::base().unwrap().enter(|| pollster(shown::in_async_code()))),
    ]);
    let messages: Vec<_> = messages.collect();
    panic::set_hook(before);
    let expected = [
        "assertion failed: V_N.load(Relaxed) > 3 && \"{}\".len() == 2",
        "assertion failed: [1, 2].iter().all(|n| V_N.load(Relaxed) > *n + 9)",
        "assertion failed: V_N.load(Relaxed) > ready(3).await",
    ];
    assert_eq!(messages, expected);
    assert_eq!(AT.take(), shown::LINES);
    let panic = panic::catch_unwind(|| Vnet::base().unwrap().enter(shown::with_a_closure)).unwrap_err();
    assert!(panic.is::<&'static str>());
}

fn pollster(future: impl Future<Output = ()>) {
    assert!(pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[vnet_module]
mod shown {
    use std::future::ready;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(2);

    pub const LINES: [u32; 3] = [line!() + 2, line!() + 5, line!() + 8];
    pub fn plain() {
        assert!(V_N.load(Relaxed) > 3 && "{}".len() == 2);
    }
    pub fn with_a_closure() {
        assert!([1, 2].iter().all(|n| V_N.load(Relaxed) > *n + 9));
    }
    pub async fn in_async_code() {
        assert!(V_N.load(Relaxed) > ready(3).await);
    }
}
