//! A mention is a place of any type, resolved where it is mentioned and nowhere else. Compiles in editions 2021 and
//! 2024.

mod support;

use support::instances::in_each_instance;
use vimage::prelude::*;

#[vnet_module]
mod shapes {
    use std::cell::Cell;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use vimage::prelude::*;

    pub struct Pair {
        pub first: AtomicU32,
        pub second: AtomicU32,
    }

    #[virtualized]
    static ARRAY: [AtomicU32; 3] = [const { AtomicU32::new(1) }; 3];
    #[virtualized]
    static TUPLE: (AtomicU32, &str) = (AtomicU32::new(2), "two");
    #[virtualized]
    static PAIR: Pair = Pair { first: AtomicU32::new(3), second: AtomicU32::new(4) };
    #[virtualized]
    static CALLBACK: fn(u32) -> u32 = |n| n + 1;
    #[virtualized]
    static NUMBER: u32 = 5;
    #[virtualized]
    static ONCE: OnceLock<String> = OnceLock::new();
    #[virtualized]
    static lower_case: AtomicU32 = AtomicU32::new(6);
    #[virtualized(keep)]
    static KEPT: AtomicU32 = AtomicU32::new(7);
    #[virtualized]
    thread_local! {
        static LOCAL: Cell<u32> = const { Cell::new(8) };
    }

    pub fn arrays(at: usize) -> u32 {
        V_ARRAY[at].fetch_add(1, Relaxed);
        let [first, rest @ ..] = &V_ARRAY;
        for each in &V_ARRAY[1..] {
            each.fetch_add(10, Relaxed);
        }
        first.load(Relaxed) + rest.iter().map(|n| n.load(Relaxed)).sum::<u32>() + V_ARRAY.len() as u32
    }

    pub fn fields() -> u32 {
        V_TUPLE.0.fetch_add(V_TUPLE.1.len() as u32, Relaxed);
        let Pair { first, second } = &V_PAIR;
        first.fetch_add(V_PAIR.second.load(Relaxed), Relaxed);
        V_TUPLE.0.load(Relaxed) + first.load(Relaxed) * second.load(Relaxed)
    }

    pub fn values() -> u32 {
        let copied = V_NUMBER;
        let callback = V_CALLBACK;
        copied + V_NUMBER * V_CALLBACK(1) + callback(-(-(V_NUMBER as i32)) as u32)
    }

    pub fn shorthand_and_struct_update() -> u32 {
        #[allow(non_snake_case)]
        struct Copied {
            V_NUMBER: u32,
            twice: u32,
        }
        let Copied { V_NUMBER: number, twice } = Copied { V_NUMBER, twice: V_NUMBER * 2 };
        number + twice
    }

    pub fn once() -> &'static str {
        let text = V_ONCE.get_or_init(|| V_NUMBER.to_string());
        assert_eq!(text, V_ONCE.get().unwrap());
        if V_ONCE.get().is_some() { "once" } else { "never" }
    }

    pub fn lower_case_names() -> u32 {
        V_lower_case.fetch_add(1, Relaxed)
    }

    pub fn kept() -> &'static AtomicU32 {
        V_KEPT.fetch_add(1, Relaxed);
        &V_KEPT
    }

    pub fn locals() -> u32 {
        V_LOCAL.set(V_LOCAL.get() + 1);
        V_LOCAL.with(Cell::get)
    }

    pub fn functions_of_the_accessor() -> u32 {
        let by_closure = V_NUMBER.with_current(|number| number + V_NUMBER);
        let held = V_lower_case.held();
        by_closure + held.load(Relaxed) - V_lower_case.load(Relaxed)
    }

    pub fn with_names_like_ours() -> u32 {
        #[allow(non_snake_case)]
        let __V_NUMBER_1 = 100;
        'v: {
            let __value = V_NUMBER;
            if __value > 1 {
                break 'v __value + __V_NUMBER_1 + V_NUMBER;
            }
            __V_NUMBER_1
        }
    }
}

#[test]
fn places_of_all_shapes() {
    use shapes::*;
    use std::sync::atomic::Ordering::Relaxed;
    in_each_instance(|| {
        assert_eq!(arrays(0), 2 + 11 + 11 + 3);
        assert_eq!(arrays(2), 2 + 21 + 22 + 3);
        assert_eq!(fields(), 5 + 7 * 4);
        assert_eq!(values(), 5 + 10 + 6);
        assert_eq!(shorthand_and_struct_update(), 15);
        assert_eq!(once(), "once");
        assert_eq!((lower_case_names(), lower_case_names()), (6, 7));
        assert_eq!(kept().load(Relaxed), 8);
        assert_eq!((locals(), locals()), (9, 10));
        assert_eq!(functions_of_the_accessor(), 10);
        assert_eq!(with_names_like_ours(), 110);
    });
}

#[vnet_module]
mod raw {
    use std::ptr::{addr_of, addr_of_mut};
    use vimage::prelude::*;

    #[virtualized]
    static mut COUNT: u32 = 1;
    #[virtualized]
    static mut BUFFER: [u8; 4] = [0; 4];
    #[virtualized]
    static mut FLAG: bool = false;
    #[virtualized]
    static mut LIST: Vec<u8> = Vec::new();
    #[virtualized]
    static mut PAIR: Pair = Pair { list: Vec::new(), bytes: [0; 3] };

    pub struct Pair {
        list: Vec<u8>,
        bytes: [u8; 3],
    }

    /// # Safety
    ///
    /// Only one thread may call it.
    pub unsafe fn each_assignment() -> Vec<u32> {
        let mut seen = Vec::new();
        // SAFETY: only one thread is here.
        unsafe {
            V_COUNT = 40;
            V_COUNT += 2;
            seen.push(V_COUNT);
            V_COUNT -= 12;
            seen.push(V_COUNT);
            V_COUNT *= 4;
            seen.push(V_COUNT);
            V_COUNT /= 8;
            seen.push(V_COUNT);
            V_COUNT %= 8;
            seen.push(V_COUNT);
            V_COUNT |= 9;
            seen.push(V_COUNT);
            V_COUNT &= 13;
            seen.push(V_COUNT);
            V_COUNT ^= 5;
            seen.push(V_COUNT);
            V_COUNT <<= 4;
            seen.push(V_COUNT);
            V_COUNT >>= 2;
            seen.push(V_COUNT);
            (V_COUNT, V_FLAG) = (V_COUNT + 1, !V_FLAG);
            if V_FLAG {
                seen.push(V_COUNT);
            }
        }
        seen
    }

    /// # Safety
    ///
    /// Only one thread may call it.
    pub unsafe fn places() -> u32 {
        let raw = &raw mut V_COUNT;
        let constant = &raw const V_COUNT;
        // SAFETY: only one thread is here, and the pointers are of variables.
        unsafe {
            *raw = 7;
            V_BUFFER[1] = 2;
            V_BUFFER[2] += V_BUFFER[1];
            let buffer = &*addr_of!(V_BUFFER);
            *addr_of_mut!(V_FLAG) = true;
            *constant + buffer.iter().map(|&byte| u32::from(byte)).sum::<u32>() + u32::from(V_FLAG)
        }
    }

    /// Code that rustc accepts for a static, with a warning at most, and denies for a place behind a raw pointer.
    ///
    /// # Safety
    ///
    /// Only one thread may call it.
    #[allow(static_mut_refs)]
    pub unsafe fn methods_and_indexes(at: usize) -> usize {
        // SAFETY: only one thread is here.
        unsafe {
            V_LIST.push(1);
            V_LIST[0] += 2;
            V_PAIR.list.push(1);
            V_PAIR.list[0] += V_LIST[0];
            V_PAIR.bytes[at] = 3;
            for byte in V_LIST.iter_mut() {
                *byte += V_PAIR.bytes[at];
            }
            for byte in &mut V_PAIR.bytes {
                *byte += 1;
            }
            V_BUFFER[at..].fill(1);
            let bytes = &raw mut V_PAIR.bytes;
            (*bytes)[0] = 1;
            let sum: u8 = V_PAIR.bytes.iter().sum();
            V_LIST.len() + V_BUFFER[1..].len() + usize::from(V_LIST[0] + V_PAIR.list[0] + sum)
        }
    }
}

#[test]
fn assignments_of_all_kinds() {
    in_each_instance(|| {
        // SAFETY: this is the only test that uses the variables.
        let seen = unsafe { raw::each_assignment() };
        assert_eq!(seen, [42, 30, 120, 15, 7, 15, 13, 8, 128, 32, 33]);
        // SAFETY: as above.
        assert_eq!(unsafe { raw::places() }, 7 + 4 + 1);
        // SAFETY: as above.
        assert_eq!(unsafe { raw::methods_and_indexes(1) }, 1 + 3 + 6 + 4 + 6);
    });
}

#[vnet_module]
mod conditional {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static THERE: AtomicU32 = AtomicU32::new(1);
    #[cfg(any())]
    #[virtualized]
    static MISSING: AtomicU32 = AtomicU32::new(1);

    pub struct Made {
        pub there: u32,
        #[cfg(any())]
        pub missing: u32,
    }

    pub fn statements() -> u32 {
        #[cfg(any())]
        V_MISSING.store(1, Relaxed);
        #[cfg(any())]
        let there = V_MISSING.load(Relaxed);
        #[cfg(test)]
        let there = V_THERE.load(Relaxed);
        #[cfg(any())]
        println!("{}", V_MISSING.load(Relaxed));
        #[cfg(any())]
        {
            V_MISSING.store(1, Relaxed);
        }
        there
    }

    pub fn arms_and_fields(n: u32) -> Made {
        Made {
            there: match n {
                #[cfg(any())]
                0 => V_MISSING.load(Relaxed),
                #[cfg(test)]
                1 => V_THERE.load(Relaxed) + 10,
                _ => V_THERE.load(Relaxed),
            },
            #[cfg(any())]
            missing: V_MISSING.load(Relaxed),
        }
    }

    pub fn blocks_with_items() -> u32 {
        let mut sum = 0;
        #[cfg(any())]
        {
            use self::V_MISSING;
            V_MISSING.store(1, Relaxed);
        }
        #[cfg(test)]
        {
            use self::V_THERE;
            sum += V_THERE.load(Relaxed);
            #[cfg(any())]
            V_MISSING.store(1, Relaxed);
        }
        sum
    }

    pub fn elements() -> Vec<u32> {
        Vec::from([
            V_THERE.load(Relaxed),
            #[cfg(any())]
            V_MISSING.load(Relaxed),
            #[cfg(test)]
            V_THERE.load(Relaxed),
        ])
    }
}

#[test]
fn what_is_configured_out_is_not_resolved() {
    use conditional::*;
    in_each_instance(|| {
        assert_eq!(statements(), 1);
        assert_eq!((arms_and_fields(0).there, arms_and_fields(1).there), (1, 11));
        assert_eq!(blocks_with_items(), 1);
        assert_eq!(elements(), [1, 1]);
    });
}

#[vnet_module]
mod late {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNT: AtomicU32 = AtomicU32::new(1);

    #[cfg(feature = "vimage")]
    pub const MENTION: (u32, u32) = (line!() + 3, 20);

    pub fn only_when_asked(asked: bool) -> u32 {
        if asked { V_COUNT.load(Relaxed) } else { 0 }
    }

    pub fn boots_first() -> u32 {
        vimage::boot().unwrap().enter(|| V_COUNT.fetch_add(1, Relaxed))
    }

    #[cfg(feature = "vimage")]
    #[track_caller]
    pub fn for_its_caller() -> u32 {
        V_COUNT.load(Relaxed)
    }

    #[cfg(feature = "vimage")]
    pub fn closures_of_other_instances(other: &Vnet) -> [u32; 3] {
        V_COUNT.store(10, Relaxed);
        let inside = other.enter(|| V_COUNT.fetch_add(1, Relaxed));
        assert_eq!(other.enter(|| V_COUNT.load(Relaxed)), inside + 1);
        let elsewhere = || V_COUNT.load(Relaxed);
        [V_COUNT.load(Relaxed), inside, other.enter(elsewhere)]
    }
}

#[test]
fn nothing_is_checked_before_the_mention() {
    assert_eq!(late::only_when_asked(false), 0);
    assert_eq!(late::boots_first(), 1);
}

#[cfg(feature = "vimage")]
#[test]
fn a_panic_shows_the_mention() {
    use std::cell::Cell;
    use std::panic::{self, Location, catch_unwind};

    thread_local!(static AT: Cell<Option<(u32, u32)>> = const { Cell::new(None) });
    let report = |location: &Location| AT.set(Some((location.line(), location.column())));
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| info.location().map(report).unwrap_or_default()));
    vimage::boot().unwrap();
    let in_the_function = catch_unwind(|| late::only_when_asked(true)).map_err(|_| AT.take());
    let line = line!() + 1;
    let in_the_caller = catch_unwind(|| late::for_its_caller()).map_err(|_| AT.take());
    panic::set_hook(before);
    assert_eq!(in_the_function, Err(Some(late::MENTION)));
    assert_eq!(in_the_caller, Err(Some((line, 41))));
}

#[cfg(feature = "vimage")]
#[test]
fn a_closure_runs_in_the_instance_that_it_is_called_in() {
    let (one, other) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    assert_eq!(one.enter(|| late::closures_of_other_instances(&other)), [10, 1, 2]);
    assert_eq!(other.enter(|| late::closures_of_other_instances(&one)), [10, 10, 11]);
}
