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

/// The same three methods for each context.
macro_rules! bind {
    ($(#[$first:meta])* impl [$($class:ident)?] $target:ty) => {
        impl $(<$class: Class>)? $target {
            $(#[$first])*
            #[track_caller]
            pub fn bind<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> R + use<$($class,)? R, F> {
                once(self.clone(), f)
            }

            /// As [`bind`](Self::bind), for a closure that is called several times and changes its captures, such as that
            /// of a timer.
            #[track_caller]
            pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> R + use<$($class,)? R, F> {
                repeated(self.clone(), f)
            }

            /// As [`bind`](Self::bind), for a closure that several threads may call, such as a callback.
            #[track_caller]
            pub fn bind_fn<R, F: Fn() -> R>(&self, f: F) -> impl Fn() -> R + use<$($class,)? R, F> {
                shared(self.clone(), f)
            }
        }
    };
}

bind! {
    /// Returns a closure that runs `f` in this instance. Other classes have the contexts of its caller.
    ///
    /// The closure holds a counted handle until it has run or is dropped. The captures of `f` are dropped in the instance
    /// too. It is `Send`, `Sync` and `'static` if `f` is. For a closure with arguments write
    /// `{ let vnet = vnet.clone(); move |packet| vnet.enter(|| input(packet)) }`.
    ///
    /// In builds without instances the closure calls `f`; so do those of the other methods of this kind.
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
    /// Returns a closure that runs `f` in this vimage, in each class.
    ///
    /// The closure holds the vimage until it has run or is dropped. The captures of `f` are dropped in the vimage too. It
    /// is `Send`, `Sync` and `'static` if `f` is.
    impl [] Vimage
}

bind! {
    /// Returns a closure that runs `f` in these contexts: that of `Contexts::current().bind(f)` runs where it was made.
    ///
    /// The closure holds the instances until it has run or is dropped. The captures of `f` are dropped in these contexts
    /// too. It is `Send`, `Sync` and `'static` if `f` is.
    impl [] Contexts
}

impl<C: Class> Instance<C> {
    /// Returns a closure that runs `f` in this instance, or returns `None` once it shuts down: short for
    /// `downgrade().bind(f)`.
    ///
    /// For timers and callbacks that must not keep the instance alive, above all those in its own variables.
    ///
    /// In builds without instances the closure calls `f`, and returns `Some`.
    pub fn bind_weak<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<C, R, F> {
        self.downgrade().bind(f)
    }
}

impl<C: Class> WeakInstance<C> {
    /// Returns a closure that runs `f` in the instance, or returns `None` once it shuts down.
    ///
    /// The closure keeps the instance alive only while `f` runs. The captures of `f` are dropped in the instance, or with
    /// no instance of the class if it is destroyed.
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
            // Taken inside, as in `Carried::consume`.
            let value = &mut carried.value;
            instance.enter(|| Some(value.take()?()))
        }
    }

    /// As [`bind`](Self::bind), for a closure that is called several times and changes its captures, such as that of a
    /// timer.
    pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> Option<R> + use<C, R, F> {
        let mut carried = WeaklyCarried { value: Some(f), instance: *self };
        move || {
            let instance = carried.instance.upgrade()?;
            let f = carried.value.as_mut()?;
            Some(instance.enter(f))
        }
    }

    /// As [`bind`](Self::bind), for a closure that several threads may call, such as a callback.
    pub fn bind_fn<R, F: Fn() -> R>(&self, f: F) -> impl Fn() -> Option<R> + use<C, R, F> {
        let carried = WeaklyCarried { value: Some(f), instance: *self };
        move || {
            let instance = carried.instance.upgrade()?;
            let f = carried.value.as_ref()?;
            Some(instance.enter(f))
        }
    }
}

/// A value of an instance that may be destroyed.
struct WeaklyCarried<T, C: Class> {
    /// `None` only when it is consumed or dropped.
    value: Option<T>,
    instance: WeakInstance<C>,
}

impl<T, C: Class> Drop for WeaklyCarried<T, C> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        match self.instance.upgrade() {
            Some(instance) => instance.run_drop(|| drop(value)),
            // No other instance may be reached instead.
            None => context::bar(C::ENTRY, || drop(value)),
        }
    }
}
