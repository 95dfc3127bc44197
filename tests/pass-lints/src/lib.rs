//! Annotated code of many kinds that denies all lint groups of rustc and clippy's, and what is in no group: what the
//! macros generate gives no warning either.

#![deny(warnings)]
#![deny(
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_compatibility,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused
)]
#![deny(
    ambiguous_negative_literals,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_crate_dependencies,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::exit,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::multiple_inherent_impl,
    clippy::panic,
    clippy::same_name_method,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
#![forbid(unsafe_code)]

use vimage::prelude::*;

vimage::class! {
    /// A class.
    pub struct Tenant;
    no_context = base
}

/// A module.
#[vnet_module(after = ["nobody"])]
pub mod net {
    use std::cell::Cell;
    use std::fmt::Display;
    use std::future::{Future, ready};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Mutex, PoisonError, RwLock};
    use vimage::prelude::*;

    /// A variable.
    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(1);

    /// A list.
    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Rare constructs.
    #[virtualized]
    static LIMIT: RwLock<u32> = RwLock::new(0);

    /// A variable that is never freed.
    #[virtualized(keep)]
    pub static KEPT: Mutex<u8> = Mutex::new(0);

    /// Variables of a thread.
    #[virtualized]
    thread_local! {
        /// One.
        static LOCAL: Cell<u64> = const { Cell::new(1) };
    }

    /// A variable of a function's.
    #[must_use]
    pub fn calls() -> u64 {
        #[virtualized]
        static CALLS: AtomicU64 = AtomicU64::new(0);
        V_CALLS.fetch_add(1, Relaxed)
    }

    /// Once per instance.
    #[attach]
    fn attach() {
        V_COUNTER.store(5, Relaxed);
    }

    /// May refuse.
    #[quiesce]
    fn quiesce() -> Result<(), String> {
        if V_COUNTER.load(Relaxed) == u64::MAX { Err("it is counting".to_owned()) } else { Ok(()) }
    }

    /// Once per instance.
    #[detach]
    fn detach() {
        V_NAMES.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// With a name.
    ///
    /// # Errors
    ///
    /// If it is empty.
    pub fn add(name: &str) -> Result<usize, String> {
        let mut names = V_NAMES.lock().map_err(|error| error.to_string())?;
        if name.is_empty() {
            return Err(format!("{} names are enough", names.len()));
        }
        names.push(name.to_owned());
        Ok(names.len())
    }

    /// With a generic argument.
    pub fn show<T: Display>(value: &T) -> String {
        V_LOCAL.set(V_LOCAL.get() + 1);
        format!("{value} {} {}", V_COUNTER.load(Relaxed), V_LOCAL.get())
    }

    /// Without `#[must_use]`, of which Clippy says nothing in the default build either.
    pub fn count() -> u64 {
        V_COUNTER.load(Relaxed)
    }

    /// A body in one line, whose type comes from the signature.
    pub fn numbers() -> impl Iterator<Item = u64> {
        (0..V_COUNTER.load(Relaxed)).map(|number| number + 1)
    }

    /// Writes through a guard that is passed to another function.
    pub fn raise() {
        let mut limit = V_LIMIT.write().unwrap_or_else(PoisonError::into_inner);
        add_one(&mut limit);
    }

    /// Takes what the guard guards.
    const fn add_one(to: &mut u32) {
        *to += 1;
    }

    /// With a closure.
    pub fn counter() -> impl Fn(u64) -> u64 {
        |more| V_COUNTER.fetch_add(more, Relaxed)
    }

    /// A reference that lives on.
    #[must_use]
    pub fn kept() -> &'static Mutex<u8> {
        &V_KEPT
    }

    /// That waits.
    ///
    /// # Panics
    ///
    /// If it counts too far.
    pub async fn waits() -> u64 {
        let before = V_COUNTER.load(Relaxed);
        let more = ready(before).await;
        println!("{}", V_COUNTER.load(Relaxed));
        assert!(V_COUNTER.load(Relaxed) > 0, "{}", V_COUNTER.load(Relaxed));
        if V_COUNTER.load(Relaxed) == u64::MAX {
            unreachable!("after {}", V_COUNTER.load(Relaxed));
        }
        if ready(more > 0).await {
            V_COUNTER.store(ready(more + 1).await, Relaxed);
        }
        for name in ready(["a", "b"]).await {
            V_NAMES.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        }
        let text = format!("{} {}", V_COUNTER.load(Relaxed), ready(before).await);
        println!("{text} {}", ready(text.len()).await);
        assert_eq!(ready(text.len()).await, 3, "{}", V_COUNTER.load(Relaxed));
        let mut counts = vec![V_COUNTER.load(Relaxed), ready(before).await];
        counts.retain(|count| *count > more);
        if matches!(counts.first(), Some(count) if *count > V_COUNTER.load(Relaxed)) {
            V_COUNTER.store(handed(&V_COUNTER, ready(more).await), Relaxed);
        }
        V_COUNTER.load(Relaxed)
    }

    /// Is handed a variable.
    fn handed(counter: &AtomicU64, more: u64) -> u64 {
        counter.load(Relaxed) + more
    }

    /// A block that waits.
    pub fn waits_later(more: u64) -> impl Future<Output = u64> {
        V_LOCAL.set(more);
        async move { V_COUNTER.load(Relaxed) + more + ready(V_LOCAL.get()).await }
    }
}

/// A module of another class.
#[vimage::module(class = crate::Tenant, name = "tenants")]
mod tenants {
    use std::sync::RwLock;
    use vimage::prelude::*;

    /// A variable.
    #[virtualized]
    pub(super) static LIMIT: RwLock<u32> = RwLock::new(3);
}

/// Code that belongs to no module.
#[derive(Clone, Copy, Debug)]
pub struct Reader;

#[virtualized]
impl Reader {
    /// A method without `#[must_use]`.
    pub fn has_limit(self) -> bool {
        tenants::V_LIMIT.read().is_ok()
    }

    /// A method.
    #[must_use]
    pub fn limit(self) -> Option<u32> {
        tenants::V_LIMIT.read().ok().map(|limit| *limit)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::{Reader, net};

    #[test]
    fn each_kind_of_code_works() -> Result<(), Box<dyn std::error::Error>> {
        vimage::boot()?.enter(|| {
            assert_eq!(net::add("one"), Ok(1));
            assert_eq!(net::calls(), 0);
            assert_eq!(net::show(&1), "1 5 2");
            assert_eq!(net::count(), 5);
            assert_eq!(net::numbers().last(), Some(5));
            net::raise();
            assert_eq!(net::counter()(2), 5);
            assert!(net::kept().lock().is_ok_and(|kept| *kept == 0));
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(std::pin::pin!(net::waits()).poll(&mut context), Poll::Ready(8));
            assert_eq!(std::pin::pin!(net::waits_later(1)).poll(&mut context), Poll::Ready(10));
            assert_eq!(Reader.limit(), Some(3));
            assert!(Reader.has_limit());
        });
        Ok(())
    }
}
