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

/// The same methods for each thing that can be entered.
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
        }
    };
}

bind! {
    /// A closure that runs `f` in this instance, wherever it is called. Other classes are what they are there.
    ///
    /// It holds a counted handle until it has run or is dropped; what `f` owns is dropped in the instance too. It
    /// is `Send`, `Sync` and `'static` when `f` is. For a closure with arguments see [`BindFn`].
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

impl Contexts {
    /// A closure that runs `f` in these contexts if their instances still exist, and returns `None` if not: short for
    /// `downgrade().bind(f)`.
    ///
    /// In builds without instances the closure calls `f`, and returns `Some`.
    pub fn bind_weak<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<R, F> {
        self.downgrade().bind(f)
    }
}

/// What finds its instances again as long as they live.
trait EnterWeakly: Clone + Send + Sync {
    type Found: Enter;

    fn find(&self) -> Option<Self::Found>;

    /// Runs the `Drop` of what was carried here. Nothing is reached in place of an instance that is destroyed.
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

/// A value that belongs to an instance which may be destroyed.
struct WeaklyCarried<T, W: EnterWeakly> {
    /// `None` only when it is used up or being dropped.
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
        // Inside, as in `Carried::consume`.
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

/// The same methods for each thing that keeps nothing.
macro_rules! bind_weakly {
    ($(#[$first:meta])* impl [$($class:ident)?] $target:ty) => {
        impl $(<$class: Class>)? $target {
            $(#[$first])*
            pub fn bind<R, F: FnOnce() -> R>(&self, f: F) -> impl FnOnce() -> Option<R> + use<$($class,)? R, F> {
                let carried = WeaklyCarried::new(f, Self::clone(self));
                move || carried.consume(|f| f())
            }

            /// As [`bind`](Self::bind), for a closure that is called several times and may change what it owns: a
            /// timer's.
            pub fn bind_mut<R, F: FnMut() -> R>(&self, f: F) -> impl FnMut() -> Option<R> + use<$($class,)? R, F> {
                let mut carried = WeaklyCarried::new(f, Self::clone(self));
                move || carried.with_mut(|f| f())
            }
        }
    };
}

bind_weakly! {
    /// A closure that runs `f` in the instance if it still exists, and returns `None` if it is destroyed or being
    /// destroyed.
    ///
    /// It keeps the instance alive while `f` runs only. What `f` owns is dropped in the instance; where that is
    /// destroyed, with no instance of the class.
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
    /// A closure that runs `f` in these contexts if their instances still exist, and returns `None` if one is
    /// destroyed or being destroyed.
    ///
    /// It keeps the instances alive while `f` runs only. What `f` owns is dropped in these contexts, and where an
    /// instance is destroyed, with no instance of its class.
    impl [] WeakContexts
}

/// `bind_fn` for each thing that can be entered, with closures of no argument up to three; part of the
/// [prelude](crate::prelude).
pub trait BindFn<F, Args> {
    /// As `bind`, for a closure that is called from anywhere at any time: a callback, or the closure of a parallel
    /// iterator. It takes the arguments that `f` takes.
    ///
    /// On a [`WeakInstance`] or [`WeakContexts`] it returns `Option`s: `None` if an instance is destroyed.
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
    /// The compiler infers the type of an argument from its uses outside of the closure only: write `|item: &Item|`
    /// where the closure calls methods of it. An argument that is a reference has one lifetime, which suits an
    /// iterator; a callback for references of any lifetime is
    /// `{ let vnet = vnet.clone(); move |packet: &Packet| vnet.enter(|| input(packet)) }`.
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
