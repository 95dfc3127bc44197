//! Vimages: fresh and shared instances of several classes.

use vimage::kernel::{Cpu, Net, Procg};
use vimage::prelude::*;

#[vnet_module]
mod net {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static PACKETS: AtomicU64 = AtomicU64::new(0);

    pub fn send() -> u64 {
        V_PACKETS.fetch_add(1, Relaxed) + 1
    }
}

#[vcpu_module]
mod cpu {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static TICKS: AtomicU64 = AtomicU64::new(0);

    pub fn tick() -> u64 {
        V_TICKS.fetch_add(1, Relaxed) + 1
    }
}

/// Created last of the three, so that its failure has to undo the other two.
#[vprocg_module]
mod procg {
    use vimage::Arguments;
    use vimage::prelude::*;

    pub struct Refuse;

    #[attach]
    fn iattach(arguments: &Arguments) -> Result<(), &'static str> {
        match arguments.get::<Refuse>() {
            None => Ok(()),
            Some(Refuse) => {
                // The instances that the new vimage has so far are current here.
                assert_eq!(super::net::send(), 1);
                Err("was told to")
            }
        }
    }
}

#[test]
fn the_base_vimage_is_made_of_base_instances() {
    let base = Vimage::base().unwrap();
    assert!(base.instance::<Net>().is_base() && base.instance::<Cpu>().is_base() && base.instance::<Procg>().is_base());
    assert_eq!(format!("{base:?}"), "Vimage [(Cpu#0, Live), (Net#0, Live), (Procg#0, Live), (Program#0, Live)]");
    base.enter(|| {
        assert_eq!(
            format!("{:?}", Vimage::current()),
            "Some(Vimage [(Cpu#0, Live), (Net#0, Live), (Procg#0, Live), (Program#0, Live)])"
        )
    });
}

#[cfg(not(feature = "vimage"))]
#[test]
fn there_is_no_other() {
    assert!(matches!(Vimage::builder().fresh::<Net>().create(), Err(vimage::CreateError::NotVirtualized)));
    // One that shares everything needs no instances.
    let shared = Vimage::builder().starting_from(&Vimage::current().unwrap()).create().unwrap();
    assert_eq!(shared.enter(net::send), net::send() - 1);
    assert!(shared.instance::<Cpu>().is_base());
    assert!(cpu::tick() > 0);
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use std::convert::Infallible;
    use vimage::{Bound, Contexts, CreateError, Movable, Transfer, VimageDestroyError};

    /// "One might to allocate a couple of processors to it, but keep the same filesystem and network setup, or
    /// alternatively to share processors but to have virtualised networking."
    #[test]
    fn own_network_shared_processors_and_the_other_way_round() {
        let outer = Vimage::builder().fresh_all().create().unwrap();
        outer.enter(|| {
            let networks = Vimage::builder().fresh::<Net>().create().unwrap();
            let processors = Vimage::builder().fresh::<Cpu>().create().unwrap();
            assert_eq!((net::send(), cpu::tick()), (1, 1));
            networks.enter(|| assert_eq!((net::send(), cpu::tick()), (1, 2)));
            processors.enter(|| assert_eq!((net::send(), cpu::tick()), (2, 1)));
            assert_eq!((net::send(), cpu::tick()), (3, 3));
        });
        outer.destroy().unwrap();
    }

    #[test]
    fn fresh_all_but_what_is_shared() {
        let red = Vimage::builder().share::<Cpu>().name("red").create().unwrap();
        assert!(red.instance::<Cpu>().is_base());
        assert!(!red.instance::<Net>().is_base() && !red.instance::<Procg>().is_base());
        assert_eq!(red.instance::<Net>().name(), Some("red"));
        let from = Vimage::builder().starting_from(&red).fresh::<Procg>().create().unwrap();
        assert_eq!(from.instance::<Net>(), red.instance::<Net>());
        let given =
            Vimage::builder().starting_from(&Vimage::base().unwrap()).share_instance::<Net>(&red).create().unwrap();
        assert_eq!(given.instance::<Net>(), red.instance::<Net>());
        assert!(given.instance::<Procg>().is_base());
    }

    #[test]
    fn what_exists_already_is_current_while_the_rest_is_made() {
        let red = Vimage::builder().fresh_all().arg(procg::Refuse).create();
        let Err(CreateError::Attach(error)) = red else { panic!("one module refuses") };
        assert_eq!(error.module(), "procg");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "was told to");
    }

    #[test]
    fn current_needs_a_context_in_every_class() {
        assert!(Vimage::current().is_none());
        let red = Vimage::builder().fresh::<Net>().create().unwrap();
        red.instance::<Net>().enter(|| assert!(Vimage::current().is_none()));
        red.enter(|| assert_eq!(Vimage::current().unwrap().instance::<Net>(), red.instance::<Net>()));
    }

    #[test]
    fn destroy_ends_what_was_made_for_it_and_nothing_else() {
        let red = Vimage::builder().fresh_all().create().unwrap();
        let shares = Vimage::builder().starting_from(&red).fresh::<Cpu>().create().unwrap();
        let (net, own_cpu) = (red.instance::<Net>().downgrade(), shares.instance::<Cpu>().downgrade());
        shares.destroy().unwrap();
        assert!(own_cpu.upgrade().is_none() && net.upgrade().is_some());

        let held = red.instance::<Net>();
        let Err(VimageDestroyError::Busy { vimage: red, holders }) = red.destroy() else { panic!("one is held") };
        assert!(holders.to_string().contains(&format!("other handles to Net#{}", held.id())), "{holders}");
        assert_eq!(red.instance::<Cpu>().state(), vimage::InstanceState::Live);
        let clone = red.clone();
        drop(held);
        let Err(VimageDestroyError::Busy { vimage: red, .. }) = red.destroy() else { panic!("there is a clone") };
        drop(clone);
        red.destroy().unwrap();
        assert!(net.upgrade().is_none());
    }

    /// Says how many packets its network has sent.
    struct Interface;

    impl Transfer for Interface {
        type Error = Infallible;

        fn leave(&mut self) {}

        fn join(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    #[test]
    fn a_thread_that_changes_its_vimage_takes_nothing_along_that_is_bound() {
        let [red, green] = [(); 2].map(|()| Vimage::builder().fresh_all().create().unwrap());
        let (socket, mut em0, timer) = red.enter(|| {
            let timer = Contexts::current().bind(|| (net::send(), cpu::tick()));
            (Bound::<()>::new(()).unwrap(), Movable::<Interface>::new(Interface).unwrap(), timer)
        });
        green.enter(|| {
            assert_eq!((net::send(), cpu::tick()), (1, 1));
            assert_eq!(socket.enter(|()| (net::send(), cpu::tick())), (1, 2), "its network, the thread's processors");
            assert_eq!(em0.enter(|_| net::send()), 2);
            assert_eq!(timer(), (3, 1));
            assert_eq!((socket.instance(), em0.instance()), (&red.instance(), red.instance()));
            // On request, and not with the vimage of the thread.
            em0.move_to(&green.instance()).unwrap();
            assert_eq!(em0.enter(|_| net::send()), 2);
        });
        red.enter(|| assert_eq!((em0.enter(|_| net::send()), socket.enter(|()| net::send())), (3, 4)));
        drop((socket, em0));
        red.destroy().unwrap();
        green.destroy().unwrap();
    }
}

/// In the order in which they are dropped.
static ENDED: std::sync::Mutex<Vec<(&str, String)>> = std::sync::Mutex::new(Vec::new());

fn ends(class: &'static str, name: Option<&str>) {
    ENDED.lock().unwrap().push((class, name.unwrap_or_default().to_owned()));
}

#[vcpu_module]
mod cpu_ends {
    use vimage::prelude::*;

    #[quiesce]
    fn quiesce() {
        super::ends("cpu asked", vimage::kernel::Vcpu::current().unwrap().name());
    }

    #[detach]
    fn detach() {
        super::ends("cpu", None);
    }
}

#[vnet_module]
mod net_ends {
    use vimage::prelude::*;

    #[virtualized]
    static NAME: std::sync::OnceLock<String> = std::sync::OnceLock::new();

    #[quiesce]
    fn quiesce() {
        let own = Vnet::current().unwrap();
        _ = V_NAME.set(own.name().unwrap_or_default().to_owned());
        super::ends("net asked", own.name());
    }

    #[detach]
    fn detach() {
        super::ends("net", V_NAME.get().map(String::as_str));
    }
}

#[cfg(feature = "vimage")]
#[test]
fn the_last_one_ends_first_however_it_ends() {
    let made = |name: &str| Vimage::builder().fresh::<Cpu>().fresh::<Net>().name(name).create().unwrap();
    made("destroyed").destroy().unwrap();
    drop(made("dropped"));
    let ended = ENDED.lock().unwrap().clone();
    let of = |what: &str| ended.iter().position(|(class, name)| *class == what && name == "destroyed").unwrap();
    assert!(of("net asked") < of("cpu asked"), "{ended:?}");
    let dropped = |what: &str| ended.iter().position(|(class, name)| *class == what && name == "dropped").unwrap();
    assert!(dropped("net asked") < dropped("net") && dropped("net") < dropped("cpu asked"), "{ended:?}");
}
