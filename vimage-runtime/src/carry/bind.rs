//! Closures that run in an instance wherever they are called.

use super::carried::Carried;
use super::enter::Enter;
use crate::contexts::{Contexts, WeakContexts};
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

/// The same two methods for each context.
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
            ///
            /// ```
            /// let base = vimage::boot()?;
            /// let mut calls = 0;
            /// let mut tick = base.bind_mut(|| {
            ///     calls += 1;
            ///     calls
            /// });
            /// assert_eq!((tick(), tick()), (1, 2));
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            #[track_caller]
            pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> R + use<$($class,)? R, F> {
                repeated(self.clone(), f)
            }
        }
    };
}

bind! {
    /// Returns a closure that runs `f` in this instance. Other classes have the contexts of its caller.
    ///
    /// The closure holds a counted handle until it has run or is dropped. The captures of `f` are dropped in the instance
    /// too. It is `Send`, `Sync` and `'static` if `f` is. A closure with arguments is bound by [`bind_fn`](BindFn::bind_fn).
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
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = vimage::boot()?;
    /// let job = base.bind(|| Vnet::current().unwrap().id());
    /// assert_eq!(std::thread::spawn(job).join().unwrap(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    impl [] Vimage
}

bind! {
    /// Returns a closure that runs `f` in these contexts: that of `Contexts::current().bind(f)` runs where it was made.
    ///
    /// The closure holds the instances until it has run or is dropped. The captures of `f` are dropped in these contexts
    /// too. It is `Send`, `Sync` and `'static` if `f` is.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// let vnet = Vnet::base()?;
    /// let job = vnet.enter(|| Contexts::current().bind(|| Vnet::current().unwrap().id()));
    /// assert_eq!(std::thread::spawn(job).join().unwrap(), vnet.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    impl [] Contexts
}

impl<C: Class> Instance<C> {
    /// Returns a closure that runs `f` in this instance, or returns `None` once it shuts down: short for
    /// `downgrade().bind(f)`.
    ///
    /// For timers and callbacks that must not keep the instance alive, above all those in its own variables.
    ///
    /// In builds without instances the closure calls `f`, and returns `Some`.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let timer = red.bind_weak(|| Vnet::current().unwrap().id());
    /// red.destroy()?; // not `Busy`
    /// assert_eq!(timer(), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind_weak<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<C, R, F> {
        self.downgrade().bind(f)
    }
}

impl Contexts {
    /// Returns a closure that runs `f` in these contexts, or returns `None` once one of the instances shuts down: short
    /// for `downgrade().bind(f)`.
    ///
    /// In builds without instances the closure calls `f`, and returns `Some`.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let timer = red.enter(|| Contexts::current().bind_weak(Vnet::current));
    /// red.destroy()?; // not `Busy`
    /// assert_eq!(timer(), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind_weak<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<R, F> {
        self.downgrade().bind(f)
    }
}

/// Contexts that keep no instance alive.
trait EnterWeakly: Clone + Send + Sync {
    type Found: Enter;

    fn find(&self) -> Option<Self::Found>;

    /// Runs the `Drop` of a carried value. No other instance is reached in place of one that is destroyed.
    fn run_drop(&self, f: impl FnOnce());
}

impl<C: Class> EnterWeakly for WeakInstance<C> {
    type Found = Instance<C>;

    #[track_caller]
    fn find(&self) -> Option<Instance<C>> {
        self.upgrade()
    }

    fn run_drop(&self, f: impl FnOnce()) {
        match self.upgrade() {
            Some(instance) => instance.run_drop(f),
            None => context::bar(C::ENTRY, f),
        }
    }
}

impl EnterWeakly for WeakContexts {
    type Found = Contexts;

    #[track_caller]
    fn find(&self) -> Option<Contexts> {
        self.upgrade()
    }

    fn run_drop(&self, f: impl FnOnce()) {
        self.remaining().enter(f);
    }
}

/// A value of instances that may be destroyed.
struct WeaklyCarried<T, W: EnterWeakly> {
    /// `None` only when it is consumed or dropped.
    value: Option<T>,
    context: W,
}

impl<T, W: EnterWeakly> WeaklyCarried<T, W> {
    fn new(value: T, context: W) -> Self {
        Self { value: Some(value), context }
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        let context = self.context.find()?;
        let value = self.value.as_ref()?;
        Some(context.run(|| f(value)))
    }

    #[track_caller]
    fn with_mut<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let context = self.context.find()?;
        let value = self.value.as_mut()?;
        Some(context.run(|| f(value)))
    }

    #[track_caller]
    fn consume<R>(mut self, f: impl FnOnce(T) -> R) -> Option<R> {
        let context = self.context.find()?;
        // Taken inside, as in `Carried::consume`.
        let value = &mut self.value;
        context.run(|| Some(f(value.take()?)))
    }
}

impl<T, W: EnterWeakly> Drop for WeaklyCarried<T, W> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.context.run_drop(|| drop(value));
        }
    }
}

/// The same two methods for each weak context.
macro_rules! bind_weakly {
    ($(#[$first:meta])* impl [$($class:ident)?] $target:ty) => {
        impl $(<$class: Class>)? $target {
            $(#[$first])*
            pub fn bind<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<$($class,)? R, F> {
                let carried = WeaklyCarried::new(f, Self::clone(self));
                move || carried.consume(|f| f())
            }

            /// As [`bind`](Self::bind), for a closure that is called several times and changes its captures, such as that
            /// of a timer.
            pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> Option<R> + use<$($class,)? R, F> {
                let mut carried = WeaklyCarried::new(f, Self::clone(self));
                move || carried.with_mut(|f| f())
            }
        }
    };
}

bind_weakly! {
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
    impl [C] WeakInstance<C>
}

bind_weakly! {
    /// Returns a closure that runs `f` in these contexts, or returns `None` once one of the instances shuts down.
    ///
    /// The closure keeps the instances alive only while `f` runs. The captures of `f` are dropped in these contexts, with
    /// no instance of a class whose instance is destroyed.
    impl [] WeakContexts
}

/// `bind_fn` for each context, with closures of up to three arguments; part of the [prelude](crate::prelude).
///
/// ```
/// use vimage::prelude::*;
///
/// let base = vimage::boot()?;
/// let double = base.bind_fn(|n: u32| 2 * n);
/// assert_eq!(double(21), 42);
/// # Ok::<(), vimage::BootError>(())
/// ```
pub trait BindFn<F, Args> {
    /// As `bind`, for a closure that several threads may call, such as a callback, or the closure of a parallel iterator.
    /// It takes the arguments that `f` takes.
    ///
    /// The closure of a [`WeakInstance`] or of [`WeakContexts`] returns an `Option`: `None` once an instance shuts down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let input = vnet.bind_fn(|packet: &str| (Vnet::current().unwrap().id(), packet.len()));
    /// let seen = std::thread::scope(|scope| scope.spawn(|| input("ping")).join().unwrap());
    /// assert_eq!(seen, (vnet.id(), 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Write the type of an argument, `|item: &Item|`, where the closure calls its methods: the compiler cannot infer it
    /// from the caller. A reference among the arguments has one lifetime, which suits an iterator. A callback for
    /// references of any lifetime is `{ let vnet = vnet.clone(); move |packet: &Packet| vnet.enter(|| input(packet)) }`.
    ///
    /// # Panics
    ///
    /// The closure panics where `enter` does.
    fn bind_fn(&self, f: F) -> impl Sized + use<Self, F, Args>;
}

macro_rules! bind_fn {
    ($($Arg:ident $arg:ident),*) => {
        #[allow(refining_impl_trait, reason = "what it returns is known by the closure's signature only")]
        impl<X: Enter, R, F: Fn($($Arg),*) -> R, $($Arg),*> BindFn<F, ($($Arg,)*)> for X {
            #[track_caller]
            fn bind_fn(&self, f: F) -> impl Fn($($Arg),*) -> R + use<X, R, F, $($Arg),*> {
                let carried = Carried::new(f, self.clone());
                move |$($arg),*| carried.with(|f| f($($arg),*))
            }
        }

        #[allow(refining_impl_trait, reason = "as above")]
        impl<C: Class, R, F: Fn($($Arg),*) -> R, $($Arg),*> BindFn<F, ($($Arg,)*)> for WeakInstance<C> {
            fn bind_fn(&self, f: F) -> impl Fn($($Arg),*) -> Option<R> + use<C, R, F, $($Arg),*> {
                let carried = WeaklyCarried::new(f, *self);
                move |$($arg),*| carried.with(|f| f($($arg),*))
            }
        }

        #[allow(refining_impl_trait, reason = "as above")]
        impl<R, F: Fn($($Arg),*) -> R, $($Arg),*> BindFn<F, ($($Arg,)*)> for WeakContexts {
            fn bind_fn(&self, f: F) -> impl Fn($($Arg),*) -> Option<R> + use<R, F, $($Arg),*> {
                let carried = WeaklyCarried::new(f, Self::clone(self));
                move |$($arg),*| carried.with(|f| f($($arg),*))
            }
        }
    };
}

bind_fn!();
bind_fn!(A a);
bind_fn!(A a, B b);
bind_fn!(A a, B b, D d);
