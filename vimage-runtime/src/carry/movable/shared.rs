//! The place of a movable value, shared by its owner and the thread that shuts down the instance which it is lent to.
//!
//! No step of the value and no other code of the program runs under the lock. A thread that uses the value takes it out
//! before and puts it back after. A request that arrives meanwhile is noted; the thread that has the value out carries
//! it out then: it sends the value home, or drops it.

use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::time::Duration;

use super::transfer::Transfer;
use crate::carry::enter::Enter;
use crate::core::observers::{Observer, ObserverTicket};
use crate::failure::{self, TeardownFailure};
use crate::instance::{Instance, WeakInstance};
use crate::registry::Class;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, ThreadId, current_thread};

/// The state that the owner shares with the instance that the value is lent to, as its observer.
pub(super) struct Shared<T: Transfer<C>, C: Class> {
    pub(super) home: Instance<C>,
    state: Mutex<State<T, C>>,
    put_back: Condvar,
}

struct State<T, C: Class> {
    /// `None` while it is out, and after the owner was dropped.
    value: Option<Box<T>>,
    at: At<C>,
    user: Option<User>,
    /// The ids of instances that have shut down while it was out.
    recalled: Vec<u64>,
    /// The owner was dropped.
    abandoned: bool,
}

/// The thread that has the value out.
#[derive(Clone, Copy)]
struct User {
    thread: ThreadId,
    /// Where it was taken out; none where the shutdown of an instance sends it home.
    place: Option<&'static Location<'static>>,
}

/// With the feature `invariants`, a longer wait for a value is reported: the thread that has it out may be waiting for
/// the one that waits for the value.
const SUSPICIOUS: Duration = Duration::from_secs(3);

/// The place of a value.
pub(super) enum At<C: Class> {
    Home {
        /// `false` after a `join` at home has failed.
        joined: bool,
    },
    /// Invariant: there is a handle to this instance. Before its last handle is released, the instance sends the value
    /// home; the thread that has the value out holds one.
    Lent { instance: WeakInstance<C>, ticket: ObserverTicket },
}

impl<C: Class> Clone for At<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C: Class> Copy for At<C> {}

impl User {
    /// Says that another thread has waited for the value for long.
    fn report(&self, waiting: &Location<'_>) {
        let use_of_it = match self.place {
            Some(place) => format!("taken by another thread at {place}"),
            None => "being sent home, because the instance that it is lent to shuts down".to_owned(),
        };
        failure::warn(format_args!(
            "a thread has waited at {waiting} for {} seconds for a `Movable`: its value is {use_of_it}. If a `leave` or \
             `join` step of the value waits for the thread, neither can go on",
            SUSPICIOUS.as_secs()
        ));
    }
}

impl<T: Transfer<C>, C: Class> Shared<T, C> {
    pub(super) fn new(home: Instance<C>, value: T) -> Self {
        let at = At::Home { joined: true };
        let state = State { value: Some(Box::new(value)), at, user: None, recalled: Vec::new(), abandoned: false };
        Self { home, state: Mutex::new(state), put_back: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the value is in.
    #[track_caller]
    fn settled(&self) -> MutexGuard<'_, State<T, C>> {
        let mut state = self.lock();
        let mut is_watched = cfg!(feature = "invariants");
        while let Some(user) = state.user {
            if user.thread == current_thread().id() {
                drop(state);
                panic!("a `Movable` was used inside a step of its own value");
            }
            if is_watched {
                let waited = self.put_back.wait_timeout(state, SUSPICIOUS).unwrap_or_else(PoisonError::into_inner);
                state = waited.0;
                if waited.1.timed_out() {
                    user.report(Location::caller());
                    is_watched = false;
                }
            } else {
                state = self.put_back.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state
    }

    /// Takes the value out.
    #[track_caller]
    pub(super) fn take(&self) -> Taken<'_, T, C> {
        let mut state = self.settled();
        let place = self.place_of(state.at);
        self.take_from(&mut state, Some(place))
    }

    /// Without a place to enter, the thread is in it: it shuts the instance down.
    #[track_caller]
    fn take_from<'a>(&'a self, state: &mut State<T, C>, place: Option<Instance<C>>) -> Taken<'a, T, C> {
        let taken_at = place.is_some().then_some(Location::caller());
        state.user = Some(User { thread: current_thread().id(), place: taken_at });
        state.recalled.clear();
        Taken { shared: self, value: state.value.take(), at: state.at, place }
    }

    #[track_caller]
    pub(super) fn place(&self) -> Instance<C> {
        let state = self.settled();
        self.place_of(state.at)
    }

    /// Takes place under the lock, so that the instance it is lent to cannot send it home and be destroyed meanwhile.
    #[track_caller]
    fn place_of(&self, at: At<C>) -> Instance<C> {
        match at {
            At::Home { .. } => self.home.clone(),
            At::Lent { instance, .. } => instance.hold().expect("an instance sends values home before it is destroyed"),
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        !matches!(self.lock().at, At::Home { joined: false })
    }

    pub(super) fn at(&self) -> At<C> {
        self.lock().at
    }

    /// The owner is dropped.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        if state.user.is_none() {
            let place = self.place_of(state.at);
            let taken = self.take_from(&mut state, Some(place));
            drop(state);
            drop(taken);
        }
    }
}

impl<T: Transfer<C>, C: Class> Observer for Shared<T, C> {
    fn shut_down(&self, id: u64) {
        let mut state = self.lock();
        if state.user.is_some() {
            state.recalled.push(id);
        } else if matches!(state.at, At::Lent { instance, .. } if instance.id() == id) {
            let mut taken = self.take_from(&mut state, None);
            drop(state);
            taken.send_home();
        }
    }
}

/// The value while it is out. Dropping this puts it back, or carries out the request that arrived meanwhile.
pub(super) struct Taken<'a, T: Transfer<C>, C: Class> {
    shared: &'a Shared<T, C>,
    value: Option<Box<T>>,
    at: At<C>,
    /// The instance where it is; `None` on the thread that shuts that instance down, where it is current.
    place: Option<Instance<C>>,
}

impl<T: Transfer<C>, C: Class> Taken<'_, T, C> {
    /// Runs `f` in the instance where the value is.
    #[track_caller]
    pub(super) fn enter<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let value = self.value.as_mut().expect("the value exists until its owner is dropped");
        match &self.place {
            Some(place) => place.enter(|| f(value)),
            None => f(value),
        }
    }

    pub(super) fn is_joined_in(&self, instance: &Instance<C>) -> bool {
        self.place.as_ref() == Some(instance) && !matches!(self.at, At::Home { joined: false })
    }

    /// The value leaves its place. Afterwards it counts as being at home, also if `leave` panics.
    pub(super) fn leave(&mut self) {
        match self.at {
            At::Home { joined: false } => {}
            At::Home { joined: true } => {
                self.at = At::Home { joined: false };
                self.enter(T::leave);
            }
            At::Lent { .. } => {
                let left = catch_unwind(AssertUnwindSafe(|| self.enter(T::leave)));
                self.depart();
                if let Err(panic) = left {
                    resume_unwind(panic);
                }
            }
        }
    }

    /// Moves the value home, not joined there.
    pub(super) fn depart(&mut self) {
        if let (At::Lent { ticket, .. }, Some(place)) = (self.at, &self.place) {
            place.handle().header().remove_observer(ticket);
        }
        self.at = At::Home { joined: false };
        self.place = Some(self.shared.home.clone());
    }

    /// Moves the value to the instance that it is lent to, not joined there.
    pub(super) fn arrive(&mut self, at: &Instance<C>, ticket: ObserverTicket) {
        self.at = At::Lent { instance: at.downgrade(), ticket };
        self.place = Some(at.clone());
    }

    /// The value joins at home, where it is.
    pub(super) fn join_home(&mut self) -> Result<(), T::Error> {
        self.enter(T::join)?;
        self.at = At::Home { joined: true };
        Ok(())
    }

    /// Sends the value home because its instance shuts down, and reports failures.
    fn send_home(&mut self) {
        let label = |taken: &Self| match taken.at {
            At::Lent { instance, .. } => format!("{}#{}", C::ENTRY.name, instance.id()),
            At::Home { .. } => taken.shared.home.handle().header().label(),
        };
        let from = label(self);
        let left = catch_unwind(AssertUnwindSafe(|| self.leave()));
        let joined = catch_unwind(AssertUnwindSafe(|| self.join_home().map_err(|error| error.to_string())));
        let failures = [
            left.err().map(|panic| (from, format!("`leave` panicked: {}", failure::message(panic)))),
            match joined {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some((label(self), format!("`join` at home failed: {error}"))),
                Err(panic) => Some((label(self), format!("`join` at home panicked: {}", failure::message(panic)))),
            },
        ];
        let failures = failures.into_iter().flatten();
        failure::report(failures.map(|(instance, message)| TeardownFailure::in_observer(instance, message)).collect());
    }

    /// Drops the value where it is, after its owner was dropped.
    fn discard(&mut self) {
        let value = self.value.take();
        let dropped = catch_unwind(AssertUnwindSafe(|| match &self.place {
            Some(place) => place.run_drop(|| drop(value)),
            None => drop(value),
        }));
        if let Err(panic) = dropped {
            let label = self.place.as_ref().unwrap_or(&self.shared.home).handle().header().label();
            failure::report(vec![TeardownFailure::in_observer(label, failure::message(panic))]);
        }
        self.depart();
    }
}

impl<T: Transfer<C>, C: Class> Drop for Taken<'_, T, C> {
    fn drop(&mut self) {
        let shared = self.shared;
        loop {
            let mut state = shared.lock();
            if state.abandoned && self.value.is_some() {
                drop(state);
                self.discard();
            } else if matches!(self.at, At::Lent { instance, .. } if state.recalled.contains(&instance.id())) {
                drop(state);
                self.send_home();
            } else {
                state.value = self.value.take();
                state.at = self.at;
                state.user = None;
                drop(state);
                shared.put_back.notify_all();
                // `self.place` is dropped after that: it may be the last handle to its instance.
                return;
            }
        }
    }
}
