//! The life of handles and instances, and the lists of them.

mod support;

#[cfg(feature = "vimage")]
use support::instances::wait_until;
#[cfg(not(feature = "vimage"))]
use vimage::CreateError;
use vimage::prelude::*;
use vimage::{DestroyError, InstanceState};

#[vnet_module]
mod keeper {
    use std::sync::Mutex;
    use vimage::prelude::*;

    /// A place for handles, also for one to its own instance.
    #[virtualized]
    pub static KEPT: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());
}

#[test]
fn the_base_is_never_destroyed() {
    let base = Vnet::base().unwrap();
    assert_eq!((base.id(), base.name(), base.parent(), base.state()), (0, None, None, InstanceState::Live));
    let Err(error @ DestroyError::Base(_)) = base.destroy() else { panic!("the base is not destroyed") };
    assert_eq!(error.to_string(), "Net#0 is the base instance, which is never destroyed");
    let DestroyError::Base(base) = error else { unreachable!() };
    assert_eq!(format!("{base:?}"), "Instance(Net#0, Live)");
}

#[cfg(not(feature = "vimage"))]
#[test]
fn without_instances_there_is_the_base_only() {
    let error = Vnet::new().unwrap_err();
    assert!(matches!(error, CreateError::NotVirtualized));
    // The form in which `main` and `unwrap` print it.
    assert!(format!("{error:?}").contains("enable the feature `vimage`"), "{error:?}");
    assert_eq!(
        error.to_string(),
        "this program is built without instances: enable the feature `vimage` of the crate `vimage`"
    );
    assert_eq!(Vnet::list().collect::<Vec<_>>(), [Vnet::base().unwrap()]);
    assert_eq!(Vnet::current(), Some(Vnet::base().unwrap()));
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;

    fn ids(list: impl Iterator<Item = Vnet>) -> Vec<u64> {
        list.map(|vnet| vnet.id()).collect()
    }

    #[test]
    fn another_handle_is_busy_and_the_handle_comes_back() {
        let red = Vnet::builder().name("red").create().unwrap();
        let other = red.clone();
        assert_eq!(red, other);
        let Err(error) = red.destroy() else { panic!("there is another handle") };
        assert!(
            error
                .to_string()
                .contains("\"red\" is still in use: other handles to it exist, perhaps in variables of its own")
        );
        let DestroyError::Busy { instance: red, .. } = error else { panic!("{error}") };
        drop(other);
        red.destroy().unwrap();
    }

    #[test]
    fn a_weak_handle_finds_it_while_it_lives() {
        let red = Vnet::new().unwrap();
        let weak = red.downgrade();
        assert_eq!(weak.upgrade(), Some(red.clone()));
        assert_eq!(Vnet::by_id(weak.id()).unwrap(), Some(red.clone()));
        red.destroy().unwrap();
        assert_eq!(weak.upgrade(), None);
        assert!(!ids(Vnet::all()).contains(&weak.id()));
    }

    #[test]
    fn a_handle_in_a_variable_of_its_own_keeps_it() {
        let red = Vnet::new().unwrap();
        let weak = red.downgrade();
        keeper::V_KEPT.of(&red).lock().unwrap().push(red.clone());
        let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("it holds itself") };
        drop(red);
        let red = weak.upgrade().expect("nothing but itself holds it");
        // Breaks the circle.
        keeper::V_KEPT.of(&red).lock().unwrap().clear();
        red.destroy().unwrap();
    }

    #[test]
    fn instances_that_hold_others_go_with_them() {
        let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
        let (weak_red, weak_green) = (red.downgrade(), green.downgrade());
        keeper::V_KEPT.of(&red).lock().unwrap().push(green);
        assert!(weak_green.upgrade().is_some());
        red.destroy().unwrap();
        assert!(weak_red.upgrade().is_none() && weak_green.upgrade().is_none());
    }

    #[test]
    fn lists_show_what_was_made_here() {
        let red = Vnet::new().unwrap();
        let (child, grandchild) = red.enter(|| {
            let child = Vnet::new().unwrap();
            let grandchild = child.enter(|| Vnet::new().unwrap());
            (child, grandchild)
        });
        let green = Vnet::new().unwrap();
        assert_eq!(red.parent(), Some(Vnet::base().unwrap()));
        assert_eq!(child.parent(), Some(red.clone()));
        assert_eq!(grandchild.parent(), Some(child.clone()));
        assert_eq!(red.enter(|| ids(Vnet::list())), [red.id(), child.id(), grandchild.id()]);
        assert_eq!(green.enter(|| ids(Vnet::list())), [green.id()]);

        let everything = green.enter(|| ids(Vnet::all()));
        assert!([&red, &child, &grandchild, &green].iter().all(|vnet| everything.contains(&vnet.id())));
        assert!(everything.is_sorted());
        assert_eq!(everything[0], 0);

        let (gone, heir) = (child.id(), grandchild.id());
        child.destroy().unwrap();
        assert_eq!(grandchild.parent(), Some(red.clone()));
        assert_eq!(red.enter(|| ids(Vnet::list())), [red.id(), heir]);
        assert!(Vnet::by_id(gone).unwrap().is_none());
    }

    #[test]
    fn the_loop_may_make_and_destroy() {
        let red = Vnet::new().unwrap();
        red.enter(|| {
            let [first, second, third] = std::array::from_fn(|_| Vnet::new().unwrap());
            let (mut second, mut made) = (Some(second), Vec::new());
            let mut visited = Vec::new();
            for vnet in Vnet::list() {
                visited.push(vnet.id());
                made.push(Vnet::new().unwrap());
                if vnet == first {
                    second.take().unwrap().destroy().unwrap();
                }
            }
            assert_eq!(visited, [red.id(), first.id(), third.id()]);
            assert_eq!(Vnet::list().count(), 3 + made.len());
        });
    }

    #[test]
    fn for_each_enters() {
        let red = Vnet::new().unwrap();
        let mut seen = Vec::new();
        red.enter(|| {
            let _child = Vnet::new().unwrap();
            Vnet::for_each(|vnet| {
                assert_eq!(Vnet::current().as_ref(), Some(vnet));
                seen.push(vnet.id());
            });
        });
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn many_threads_make_list_and_drop() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..support::rounds(200) {
                        let red = Vnet::new().unwrap();
                        let other = red.clone();
                        let dropper = scope.spawn(move || drop(other));
                        let weak = red.downgrade();
                        assert!(Vnet::all().any(|vnet| vnet == red));
                        drop(red);
                        dropper.join().unwrap();
                        // Another thread may be walking over it just now.
                        wait_until(|| weak.upgrade().is_none());
                    }
                });
            }
        });
    }
}
