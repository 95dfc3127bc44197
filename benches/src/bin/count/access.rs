//! Reaching variables, from functions of their own.

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use benches::callgrind;
use benches::peers::{FLUID, Globals, ONCE, ONCE_PER_THREAD, PER_THREAD, SCOPED, TASK};
use vimage::prelude::*;

// It can only be used in the crate that declares it.
environmental::environmental!(current: Globals);

const VALUES: [u64; 64] = [7; 64];

/// Is ready when it is polled for the second time, which the optimizer does not know.
#[derive(Default)]
struct Turn {
    polled: bool,
}

impl Future for Turn {
    type Output = ();

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if black_box(std::mem::replace(&mut self.polled, true)) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Polls until the future is ready. An executor costs more than this; what it costs is not counted.
// Else it depends on the other ways to reach a counter whether this is inlined.
#[inline(always)]
fn block_on(future: impl Future<Output = u64>) -> u64 {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// The code that is counted, for one way to reach a counter.
macro_rules! shapes {
    ($way:ident) => {
        pub mod $way {
            use std::sync::atomic::Ordering::Relaxed;

            use super::*;

            #[inline(never)]
            pub fn one() -> u64 {
                $way!(A a, |counter| counter.load(Relaxed))
            }

            #[inline(never)]
            pub fn three() -> u64 {
                $way!(A a, |counter| counter.load(Relaxed))
                    + $way!(B b, |counter| counter.load(Relaxed))
                    + $way!(C c, |counter| counter.load(Relaxed))
            }

            #[inline(never)]
            pub fn in_a_loop(values: &[u64]) {
                for value in values {
                    $way!(A a, |counter| counter.store(counter.load(Relaxed) ^ value, Relaxed));
                }
            }

            async fn waits() -> u64 {
                let first = $way!(A a, |counter| counter.load(Relaxed));
                Turn::default().await;
                first + $way!(B b, |counter| counter.load(Relaxed))
            }

            #[inline(never)]
            pub fn waited() -> u64 {
                block_on(waits())
            }
        }
    };
}

macro_rules! plain {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {{
        let $counter = &benches::peers::plain::$static;
        $code
    }};
}
macro_rules! local {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {
        benches::peers::local::$static.with(|$counter| $code)
    };
}
macro_rules! per_thread {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {{
        let $counter = &PER_THREAD.get_or_default().$field;
        $code
    }};
}
macro_rules! once {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {{
        let $counter = &ONCE.get().$field;
        $code
    }};
}
macro_rules! once_per_thread {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {{
        let $counter = &ONCE_PER_THREAD.get().$field;
        $code
    }};
}
macro_rules! scoped {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {
        SCOPED.with(|globals| {
            let $counter = &globals.$field;
            $code
        })
    };
}
macro_rules! fluid {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {
        FLUID.get(|globals| {
            let $counter = &globals.expect("it is set").$field;
            $code
        })
    };
}
macro_rules! task {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {
        TASK.with(|globals| {
            let $counter = &globals.$field;
            $code
        })
    };
}
macro_rules! environment {
    ($static:ident $field:ident, |$counter:ident| $code:expr) => {
        current::with(|globals| {
            let $counter = &globals.$field;
            $code
        })
        .expect("it is set")
    };
}

shapes!(plain);
shapes!(local);
shapes!(per_thread);
shapes!(once);
shapes!(once_per_thread);
shapes!(scoped);
shapes!(fluid);
shapes!(task);
shapes!(environment);

/// The same with the state as an argument.
mod argument {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[inline(never)]
    pub fn one(globals: &Globals) -> u64 {
        globals.a.load(Relaxed)
    }

    #[inline(never)]
    pub fn three(globals: &Globals) -> u64 {
        globals.a.load(Relaxed) + globals.b.load(Relaxed) + globals.c.load(Relaxed)
    }

    #[inline(never)]
    pub fn in_a_loop(globals: &Globals, values: &[u64]) {
        for value in values {
            globals.a.store(globals.a.load(Relaxed) ^ value, Relaxed);
        }
    }

    async fn waits(globals: &Globals) -> u64 {
        let first = globals.a.load(Relaxed);
        Turn::default().await;
        first + globals.b.load(Relaxed)
    }

    #[inline(never)]
    pub fn waited(globals: &Globals) -> u64 {
        block_on(waits(globals))
    }
}

/// The same with vimage.
#[virtualized]
mod in_vimage {
    use std::sync::atomic::Ordering::Relaxed;

    use benches::counters::{V_A, V_B, V_C};

    use super::*;

    #[inline(never)]
    pub fn one() -> u64 {
        V_A.load(Relaxed)
    }

    #[inline(never)]
    pub fn three() -> u64 {
        V_A.load(Relaxed) + V_B.load(Relaxed) + V_C.load(Relaxed)
    }

    #[inline(never)]
    pub fn in_a_loop(values: &[u64]) {
        for value in values {
            V_A.store(V_A.load(Relaxed) ^ value, Relaxed);
        }
    }

    async fn waits() -> u64 {
        let first = V_A.load(Relaxed);
        Turn::default().await;
        first + V_B.load(Relaxed)
    }

    #[inline(never)]
    pub fn waited() -> u64 {
        block_on(waits())
    }
}

/// A row of a table.
macro_rules! row {
    ($table:ident, $name:literal, $way:ident $(, $globals:expr)?) => {
        callgrind::count($table, $name, "one access", || $way::one($(black_box($globals))?));
        callgrind::count($table, $name, "three variables", || $way::three($(black_box($globals))?));
        callgrind::count_each($table, $name, "loop, per iteration", VALUES.len() as u64, || {
            $way::in_a_loop($(black_box($globals),)? black_box(&VALUES));
        });
        callgrind::count($table, $name, "async function that waits", || $way::waited($(black_box($globals))?));
    };
}

pub fn count(table: &str, vnet: &Vnet) {
    let globals = Globals::default();
    row!(table, "*plain static*", plain);
    row!(table, "*explicit argument*", argument, &globals);
    row!(table, "*`thread_local!` with a `const`*", local);
    vnet.enter(|| {
        row!(table, "vimage", in_vimage);
    });
    SCOPED.set(&globals, || {
        row!(table, "*scoped-tls*", scoped);
    });
    FLUID.set(&globals, || {
        row!(table, "*fluid-let*", fluid);
    });
    TASK.sync_scope(Globals::default(), || {
        row!(table, "*tokio `task_local!`*", task);
    });
    row!(table, "*thread_local*", per_thread);
    ONCE.set(Globals::default());
    row!(table, "*state `InitCell`*", once);
    ONCE_PER_THREAD.set(Globals::default);
    row!(table, "*state `LocalInitCell`*", once_per_thread);
    current::using(&mut Globals::default(), || {
        row!(table, "*environmental*", environment);
    });
}
