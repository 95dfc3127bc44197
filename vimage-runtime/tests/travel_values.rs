//! Values that belong to an instance, for good or for a while.

mod support;

use std::sync::{Mutex, mpsc};

use support::instances::{current, vnet};
use vimage::prelude::*;
use vimage::{Bound, Movable, Transfer};

#[vnet_module]
mod interfaces {
    use super::{Interface, TAKEN_BACK};
    use std::sync::Mutex;
    use vimage::Movable;
    use vimage::prelude::*;

    /// The names of the interfaces of this instance.
    #[virtualized]
    pub static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

    /// How many more transfers it refuses.
    #[virtualized]
    pub static REFUSALS: Mutex<u32> = Mutex::new(0);

    /// The names that were there when the instance shut down.
    #[virtualized]
    pub static AT_QUIESCE: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

    /// Where an owner of a lent value waits for the end of the instance.
    #[virtualized]
    pub static OWNED: Mutex<Vec<Movable<Interface>>> = Mutex::new(Vec::new());

    #[quiesce]
    fn iquiesce() -> Result<(), String> {
        for mut owned in std::mem::take(&mut *V_OWNED.lock().unwrap()) {
            owned.take_home().unwrap();
            TAKEN_BACK.lock().unwrap().push(owned);
        }
        let seen = V_NAMES.lock().unwrap().clone();
        V_AT_QUIESCE.lock().unwrap().clone_from(&seen);
        if seen.contains(&"sticky") { Err("an interface is in use".to_owned()) } else { Ok(()) }
    }
}

/// The values that the hook of the borrowing instance returned.
static TAKEN_BACK: Mutex<Vec<Movable<Interface>>> = Mutex::new(Vec::new());

#[cfg(feature = "vimage")]
fn names_in(vnet: &Vnet) -> Vec<&'static str> {
    interfaces::V_NAMES.of(vnet).lock().unwrap().clone()
}

/// Registers its name where it is; says what happens to it.
struct Interface {
    name: &'static str,
    told: mpsc::Sender<(&'static str, Option<u64>)>,
    panics: Option<&'static str>,
}

impl Interface {
    fn step(&self, step: &'static str) {
        self.told.send((step, current())).unwrap();
        assert_ne!(self.panics, Some(step), "on purpose");
    }
}

impl Transfer for Interface {
    type Error = String;

    fn leave(&mut self) {
        self.step("leave");
        interfaces::V_NAMES.with_current(|names| names.lock().unwrap().retain(|name| *name != self.name));
    }

    fn join(&mut self) -> Result<(), String> {
        self.step("join");
        let refused = interfaces::V_REFUSALS.with_current(|refusals| {
            let mut refusals = refusals.lock().unwrap();
            let refused = *refusals > 0;
            *refusals -= u32::from(refused);
            refused
        });
        if refused {
            return Err(format!("{} is not wanted", self.name));
        }
        interfaces::V_NAMES.with_current(|names| names.lock().unwrap().push(self.name));
        Ok(())
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        self.step("drop");
    }
}

type Steps = mpsc::Receiver<(&'static str, Option<u64>)>;

fn interface(home: &Vnet, name: &'static str) -> (Movable<Interface>, Steps) {
    let (told, heard) = mpsc::channel();
    interfaces::V_NAMES.of(home).lock().unwrap().push(name);
    (Movable::new_in(home, Interface { name, told, panics: None }).unwrap(), heard)
}

#[test]
fn a_bound_value_is_used_in_its_instance() {
    let (red, green) = (vnet(), vnet());
    let mut socket: Bound<u32> = red.enter(|| Bound::new(1)).unwrap();
    assert_eq!(*socket.instance(), red);
    green.enter(|| {
        assert_eq!(socket.enter(|value| (*value, current())), (1, Some(red.id())));
        socket.enter_mut(|value| *value += 1);
        assert_eq!(current(), Some(green.id()));
    });
    let there = std::thread::spawn(move || socket.enter(|value| (*value, current())));
    assert_eq!(there.join().unwrap(), (2, Some(red.id())));
}

#[test]
fn values_of_other_classes() {
    let vcpu = Vcpu::base().unwrap();
    let bound: Bound<(), vimage::kernel::Cpu> = Bound::new_in(&vcpu, ()).unwrap();
    assert!(bound.enter(|()| Vcpu::current()) == Some(vcpu));
}

#[test]
fn a_movable_value_starts_at_home() {
    let home = vnet();
    let (mut em0, _steps) = interface(&home, "em0-at-home");
    assert_eq!((em0.instance(), em0.home(), em0.is_joined()), (home.clone(), &home, true));
    assert_eq!(em0.enter(|interface| (interface.name, current())), ("em0-at-home", Some(home.id())));
    // There already.
    em0.take_home().unwrap();
    em0.move_to(&home).unwrap();
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use crate::support::drops::DropsIn;
    use crate::support::panics::{panic_of, panics};
    use std::sync::{Arc, Barrier, OnceLock, Weak};
    use std::thread;
    use vimage::{BindRefused, DestroyError, MoveError};

    #[test]
    fn a_bound_value_keeps_its_instance_and_is_dropped_in_it() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        let socket: Bound<DropsIn> = Bound::new_in(&red, DropsIn(told)).unwrap();
        let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("it is bound to it") };
        vnet().enter(|| drop(socket));
        assert_eq!(heard.recv().unwrap(), Some(red.id()));
        red.destroy().unwrap();
    }

    #[test]
    fn nothing_is_bound_where_nothing_is_current_or_what_is_going() {
        let (told, _heard) = mpsc::channel();
        let lone = Interface { name: "lone", told, panics: None };
        let error = Bound::<u32>::new(7).unwrap_err();
        assert_eq!((error.value, &error.reason), (7, &BindRefused::NoContext { class: "Net" }));
        assert_eq!(error.to_string(), "no Net instance is current on this thread, or it is being destroyed");
        assert_eq!(Movable::<Interface>::new_in(&going(), lone).unwrap_err().reason.to_string(), {
            let id = LAST_GOING.with(std::cell::Cell::get);
            format!("Net#{id} is shutting down: no value can be bound to it")
        });
        let red = going();
        let error = red.enter(|| Bound::<u32>::new(8)).unwrap_err();
        assert!(matches!(error.reason, BindRefused::ShuttingDown { .. }) && error.value == 8);
        assert!(Bound::<u32>::new_in(&red, 8).is_err());
        red.destroy().unwrap();
    }

    thread_local! {
        static LAST_GOING: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    /// An instance that is shutting down.
    fn going() -> Vnet {
        let red = vnet();
        red.shutdown().unwrap();
        LAST_GOING.set(red.id());
        red
    }

    #[test]
    fn moving_runs_each_step_in_its_instance() {
        let (home, jail, other) = (vnet(), vnet(), vnet());
        let (mut em0, steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        assert_eq!((em0.instance(), names_in(&home), names_in(&jail)), (jail.clone(), vec![], vec!["em0"]));
        assert_eq!(em0.enter(|_| current()), Some(jail.id()));
        em0.move_to(&other).unwrap();
        em0.take_home().unwrap();
        assert_eq!((em0.instance(), names_in(&home), names_in(&jail)), (home.clone(), vec!["em0"], vec![]));
        let (h, j, o) = (Some(home.id()), Some(jail.id()), Some(other.id()));
        let expected = [("leave", h), ("join", j), ("leave", j), ("join", o), ("leave", o), ("join", h)];
        assert_eq!(steps.try_iter().collect::<Vec<_>>(), expected);
        drop(em0);
        assert_eq!(steps.try_iter().collect::<Vec<_>>(), [("drop", h)]);
        for vnet in [home, jail, other] {
            vnet.destroy().unwrap();
        }
    }

    #[test]
    fn who_does_not_join_goes_home() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, _steps) = interface(&home, "em0");
        *interfaces::V_REFUSALS.of(&jail).lock().unwrap() = 1;
        let error = em0.move_to(&jail).unwrap_err();
        assert!(matches!(&error, MoveError::Join { error, .. } if error == "em0 is not wanted"));
        let text = format!("the value did not join Net#{}, and is at home again: em0 is not wanted", jail.id());
        assert_eq!(error.to_string(), text);
        assert_eq!((em0.instance(), em0.is_joined(), names_in(&home)), (home.clone(), true, vec!["em0"]));

        *interfaces::V_REFUSALS.of(&jail).lock().unwrap() = 1;
        *interfaces::V_REFUSALS.of(&home).lock().unwrap() = 2;
        let error = em0.move_to(&jail).unwrap_err();
        assert!(matches!(&error, MoveError::Stranded { error: Some(_), .. }), "{error}");
        assert_eq!((em0.instance(), em0.is_joined(), names_in(&home)), (home.clone(), false, vec![]));
        assert!(matches!(em0.take_home(), Err(MoveError::Stranded { error: None, .. })));
        em0.take_home().unwrap();
        assert!(em0.is_joined());
        jail.destroy().unwrap();
    }

    #[test]
    fn an_instance_that_shuts_down_takes_nothing_in() {
        let (home, jail) = (vnet(), going());
        let (mut em0, steps) = interface(&home, "em0");
        assert!(matches!(em0.move_to(&jail), Err(MoveError::Refused(BindRefused::ShuttingDown { .. }))));
        assert_eq!((em0.instance(), steps.try_iter().count()), (home, 0));
    }

    #[test]
    fn what_is_lent_goes_home_when_its_instance_goes() {
        for end in [|jail: Vnet| jail.destroy().unwrap(), |jail: Vnet| jail.shutdown().unwrap(), drop::<Vnet>] {
            let (home, jail) = (vnet(), vnet());
            let (mut em0, steps) = interface(&home, "em0");
            em0.move_to(&jail).unwrap();
            _ = steps.try_iter().count();
            let jail_id = jail.id();
            end(jail);
            assert_eq!(em0.instance(), home);
            assert_eq!(steps.try_iter().collect::<Vec<_>>(), [("leave", Some(jail_id)), ("join", Some(home.id()))]);
            assert_eq!(names_in(&home), ["em0"]);
        }
    }

    #[test]
    fn its_owner_takes_it_back_in_the_quiesce_hook_of_the_instance_it_is_lent_to() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        _ = steps.try_iter().count();
        interfaces::V_OWNED.of(&jail).lock().unwrap().push(em0);
        let jail_id = jail.id();
        jail.destroy().unwrap();
        let mut em0 = TAKEN_BACK.lock().unwrap().pop().unwrap();
        // Once, and not again by the runtime.
        assert_eq!(steps.try_iter().collect::<Vec<_>>(), [("leave", Some(jail_id)), ("join", Some(home.id()))]);
        assert_eq!((em0.instance(), em0.is_joined(), names_in(&home)), (home.clone(), true, vec!["em0"]));
        let other = vnet();
        em0.move_to(&other).unwrap();
        assert_eq!(em0.instance(), other);
    }

    #[test]
    fn an_instance_that_refuses_to_go_keeps_what_is_lent_to_it_until_it_goes_all_the_same() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, _steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        interfaces::V_NAMES.of(&jail).lock().unwrap().push("sticky");
        let Err(DestroyError::Refused { instance: jail, .. }) = jail.destroy() else { panic!("a hook refuses") };
        assert_eq!(em0.instance(), jail);
        assert_eq!(*interfaces::V_AT_QUIESCE.of(&jail).lock().unwrap(), ["em0", "sticky"]);
        // No handle is left.
        drop(jail);
        assert_eq!((em0.instance(), names_in(&home)), (home.clone(), vec!["em0"]));
    }

    #[test]
    fn a_busy_instance_sends_home_and_can_be_lent_to_again() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, _steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        let other = jail.clone();
        let Err(DestroyError::Busy { instance: jail, .. }) = jail.destroy() else { panic!("there is another handle") };
        assert_eq!(em0.instance(), home);
        em0.move_to(&jail).unwrap();
        drop(other);
        jail.destroy().unwrap();
        assert_eq!(em0.instance(), home);
    }

    #[test]
    fn a_value_in_use_goes_home_after_that() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        let jail_id = jail.id();
        _ = steps.try_iter().count();
        em0.enter(|_| {
            jail.shutdown().unwrap();
            assert_eq!(current(), Some(jail_id));
            drop(jail);
            assert_eq!(steps.try_iter().count(), 0);
        });
        assert_eq!(steps.try_iter().collect::<Vec<_>>(), [("leave", Some(jail_id)), ("join", Some(home.id()))]);
        assert_eq!(em0.instance(), home);
        assert_eq!(Vnet::by_id(jail_id).unwrap(), None);
    }

    #[test]
    fn it_is_dropped_where_it_is() {
        let (home, jail) = (vnet(), vnet());
        let (mut em0, steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        _ = steps.try_iter().count();
        drop(em0);
        assert_eq!(steps.try_iter().collect::<Vec<_>>(), [("drop", Some(jail.id()))]);
        jail.destroy().unwrap();
        home.destroy().unwrap();
    }

    #[test]
    fn steps_that_panic_leave_it_at_home() {
        let (home, jail) = (vnet(), vnet());
        for (step, joined) in [("leave", true), ("join", false)] {
            let (mut em0, _steps) = interface(&home, "em0");
            em0.enter(|interface| interface.panics = Some(step));
            assert!(panics(|| em0.move_to(&jail)));
            assert_eq!((em0.instance(), em0.is_joined()), (home.clone(), joined), "{step}");
            em0.enter(|interface| interface.panics = None);
            em0.move_to(&jail).unwrap();
            assert_eq!(em0.instance(), jail);
        }
        jail.destroy().unwrap();
    }

    #[test]
    fn a_panic_on_the_way_home_is_reported_and_the_instance_goes() {
        static REPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());
        vimage::set_failure_handler(|failure| REPORTED.lock().unwrap().push(failure.to_string()));
        let (home, jail) = (vnet(), vnet());
        let (mut em0, _steps) = interface(&home, "em0");
        em0.move_to(&jail).unwrap();
        em0.enter(|interface| interface.panics = Some("leave"));
        let label = format!("Net#{}", jail.id());
        jail.destroy().unwrap();
        assert_eq!(em0.instance(), home);
        let reported = REPORTED.lock().unwrap();
        assert!(
            reported.iter().any(|text| text.starts_with(&label) && text.contains("`leave` panicked")),
            "{reported:?}"
        );
        drop(reported);
        em0.enter(|interface| interface.panics = None);
    }

    /// Only the step that runs while the instance shuts down can reach the owner of the value.
    #[test]
    fn a_step_cannot_use_its_own_value() {
        struct Curious {
            owner: Arc<OnceLock<Weak<Movable<Curious>>>>,
            told: mpsc::Sender<String>,
        }
        impl Transfer for Curious {
            type Error = String;
            fn leave(&mut self) {
                let Some(owner) = self.owner.get() else { return };
                let owner = owner.upgrade().unwrap();
                self.told.send(panic_of(|| owner.instance())).unwrap();
            }
            fn join(&mut self) -> Result<(), String> {
                Ok(())
            }
        }
        let (home, jail) = (vnet(), vnet());
        let (told, heard) = mpsc::channel();
        let owner = Arc::new(OnceLock::new());
        let mut value = Movable::new_in(&home, Curious { owner: Arc::clone(&owner), told }).unwrap();
        value.move_to(&jail).unwrap();
        let value = Arc::new(value);
        owner.set(Arc::downgrade(&value)).unwrap();
        jail.destroy().unwrap();
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["a `Movable` was used inside a step of its own value"]);
        assert_eq!(value.instance(), home);
    }

    /// The owner moves it to and fro while the instances are shut down under it.
    #[test]
    fn moving_races_with_shutting_down() {
        let home = vnet();
        let (mut em0, steps) = interface(&home, "em0");
        for _ in 0..support::rounds(300) {
            let (a, b) = (vnet(), vnet());
            let together = Barrier::new(3);
            thread::scope(|scope| {
                for vnet in [a.clone(), b.clone()] {
                    let together = &together;
                    scope.spawn(move || {
                        together.wait();
                        drop(vnet.shutdown());
                        drop(vnet);
                    });
                }
                together.wait();
                for vnet in [&a, &b, &a] {
                    match em0.move_to(vnet) {
                        Ok(()) | Err(MoveError::Refused(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                    em0.enter(|_| ());
                }
            });
            assert_eq!(em0.instance(), home);
            a.destroy().unwrap();
            b.destroy().unwrap();
        }
        assert_eq!(names_in(&home), ["em0"]);
        // Each `leave` has its `join`.
        let (mut left, mut joined) = (0, 0);
        for (step, _) in steps.try_iter() {
            if step == "leave" { left += 1 } else { joined += 1 }
        }
        assert_eq!(left, joined);
        drop(em0);
        home.destroy().unwrap();
    }
}
