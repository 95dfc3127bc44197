//! Closures that run in an instance wherever they are called.

use super::carried::Carried;
use super::enter::Enter;
use crate::contexts::Contexts;
use crate::core::context;
use crate::instance::{Instance, WeakInstance};
use crate::registry::Class;
use crate::vimage::Vimage;

fn once<X: Enter, R, F: FnOnce() -> R>(context: X, f: F) -> impl FnOnce() -> R + use<X, R, F> {
    let carried = Carried::new(f, context);
    move || carried.consume(|f| f())
}

fn repeated<X: Enter, R, F: FnMut() -> R>(context: X, f: F) -> impl FnMut() -> R + use<X, R, F> {
    let mut carried = Carried::new(f, context);
    move || carried.with_mut(|f| f())
}

fn shared<X: Enter, R, F: Fn() -> R>(context: X, f: F) -> impl Fn() -> R + use<X, R, F> {
    let carried = Carried::new(f, context);
    move || carried.with(|f| f())
}

/// The same three methods for each thing that can be entered.
macro_rules! bind {
    ($(#[$first:meta])* impl [$($class:ident)?] $target:ty) => {
        impl $(<$class: Class>)? $target {
            $(#[$first])*
            #[track_caller]
            pub fn bind<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> R + use<$($class,)? R, F> {
                once(self.clone(), f)
            }

            /// As [`bind`](Self::bind), for a closure that is called several times and may change what it owns: a
            /// timer's.
            #[track_caller]
            pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> R + use<$($class,)? R, F> {
                repeated(self.clone(), f)
            }

            /// As [`bind`](Self::bind), for a closure that is called from anywhere at any time: a callback.
            #[track_caller]
            pub fn bind_fn<R, F: Fn() -> R>(&self, f: F) -> impl Fn() -> R + use<$($class,)? R, F> {
                shared(self.clone(), f)
            }
        }
    };
}

bind! {
    /// A closure that runs `f` in this instance, wherever it is called. Other classes are what they are there.
    ///
    /// It holds a counted handle until it has run or is dropped; what `f` owns is dropped in the instance too. It
    /// is `Send`, `Sync` and `'static` when `f` is. For a closure with arguments write
    /// `{ let vnet = vnet.clone(); move |packet| vnet.enter(|| input(packet)) }`.
    ///
    /// In builds without instances, here and in the other methods of the kind, the closure calls `f`.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let job = vnet.bind(|| Vnet::current().unwrap().id());
    /// assert_eq!(std::thread::spawn(job).join().unwrap(), vnet.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// The closure panics where [`enter`](Self::enter) does.
    impl [C] Instance<C>
}

bind! {
    /// A closure that runs `f` in this vimage, in each class, wherever it is called.
    ///
    /// It holds the vimage until it has run or is dropped; what `f` owns is dropped in the vimage too. It is
    /// `Send`, `Sync` and `'static` when `f` is.
    impl [] Vimage
}

bind! {
    /// A closure that runs `f` in these contexts, wherever it is called: `Contexts::current().bind(f)` runs where it
    /// was made.
    ///
    /// It holds the instances until it has run or is dropped; what `f` owns is dropped in these contexts too. It is
    /// `Send`, `Sync` and `'static` when `f` is.
    impl [] Contexts
}

impl<C: Class> Instance<C> {
    /// A closure that runs `f` in this instance if it still exists, and returns `None` if not: short for
    /// `downgrade().bind(f)`.
    ///
    /// For timers and callbacks that should not keep the instance alive, above all those that the instance itself
    /// keeps in its variables.
    ///
    /// In builds without instances the closure calls `f`, and returns `Some`.
    pub fn bind_weak<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<C, R, F> {
        self.downgrade().bind(f)
    }
}

impl<C: Class> WeakInstance<C> {
    /// A closure that runs `f` in the instance if it still exists, and returns `None` if it is gone or going.
    ///
    /// It keeps the instance alive while `f` runs only. What `f` owns is dropped in the instance; where that is gone,
    /// with no instance of the class.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let vnet = Vnet::new()?;
    /// let mut tick = vnet.downgrade().bind_mut(|| Vnet::current().unwrap().id());
    /// assert_eq!(tick(), Some(vnet.id()));
    /// vnet.destroy()?; // not `Busy`
    /// assert_eq!(tick(), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<C, R, F> {
        let mut carried = WeaklyCarried { value: Some(f), instance: *self };
        move || {
            let instance = carried.instance.upgrade()?;
            // Inside, as in `Carried::consume`.
            let value = &mut carried.value;
            instance.enter(|| Some(value.take()?()))
        }
    }

    /// As [`bind`](Self::bind), for a closure that is called several times and may change what it owns: a timer's.
    pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> Option<R> + use<C, R, F> {
        let mut carried = WeaklyCarried { value: Some(f), instance: *self };
        move || {
            let instance = carried.instance.upgrade()?;
            let f = carried.value.as_mut()?;
            Some(instance.enter(f))
        }
    }

    /// As [`bind`](Self::bind), for a closure that is called from anywhere at any time: a callback.
    pub fn bind_fn<R, F: Fn() -> R>(&self, f: F) -> impl Fn() -> Option<R> + use<C, R, F> {
        let carried = WeaklyCarried { value: Some(f), instance: *self };
        move || {
            let instance = carried.instance.upgrade()?;
            let f = carried.value.as_ref()?;
            Some(instance.enter(f))
        }
    }
}

/// A value that belongs to an instance which may be gone.
struct WeaklyCarried<T, C: Class> {
    /// `None` only when it is used up or being dropped.
    value: Option<T>,
    instance: WeakInstance<C>,
}

impl<T, C: Class> Drop for WeaklyCarried<T, C> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        match self.instance.upgrade() {
            Some(instance) => instance.run_drop(|| drop(value)),
            // Nothing else may be reached instead.
            None => context::bar(C::ENTRY, || drop(value)),
        }
    }
}
