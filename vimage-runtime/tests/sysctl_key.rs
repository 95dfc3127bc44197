//! Sysctls that are looked up once.

use vimage::module::{register, unregister};
use vimage::prelude::*;
use vimage::sysctl::{self, Error, Key};

#[vnet_module]
mod queue {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use vimage::prelude::*;

    #[virtualized(sysctl("key.queue.length", rw))]
    static LENGTH: AtomicU32 = AtomicU32::new(50);

    #[virtualized(sysctl("key.queue.most", rw, range = 1..=1000))]
    static MOST: AtomicU32 = AtomicU32::new(1000);

    #[virtualized(sysctl("key.queue.drops", ro))]
    static DROPS: AtomicU32 = AtomicU32::new(3);

    #[virtualized(sysctl("key.queue.name", rw))]
    static NAME: Mutex<String> = Mutex::new(String::new());

    #[virtualized(sysctl("key.queue.base", rw, base_only))]
    static BASE: AtomicU32 = AtomicU32::new(1);

    #[shared(sysctl("key.queue.debug", rw))]
    static DEBUG: AtomicBool = AtomicBool::new(false);

    #[virtualized(sysctl("key.queue.odd", rw, handler = odd))]
    static ODD: AtomicU32 = AtomicU32::new(1);

    fn odd(_: &AtomicU32, new: Option<u32>) -> Result<u32, String> {
        match new {
            Some(13) => panic!("unlucky"),
            Some(even) if even % 2 == 0 => Err(format!("{even} is even")),
            Some(odd) => Ok(odd),
            None => Ok(1),
        }
    }
}

// A class of its own: nothing else may be made in it while the module goes.
vimage::class! {
    /// Of the module that comes and goes.
    pub struct Plugged;
    no_context = base
}

#[vimage::module(class = crate::Plugged, register = "manual")]
mod plugin {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("key.plugin.count", rw))]
    static COUNT: AtomicU32 = AtomicU32::new(7);

    #[shared(sysctl("key.plugin.shared", ro))]
    static SHARED: AtomicU32 = AtomicU32::new(8);
}

fn key<T: sysctl::ValueType>(name: &str) -> Key<T> {
    vimage::boot().unwrap();
    sysctl::key(name).unwrap()
}

#[test]
fn it_reads_and_sets_in_the_current_instance() {
    let base = Vnet::base().unwrap();
    let length = key::<u32>("key.queue.length");
    assert_eq!(length.name(), "key.queue.length");
    base.enter(|| {
        assert_eq!(length.get().unwrap(), 50);
        length.set(60).unwrap();
        assert_eq!(length.clone().get().unwrap(), 60);
        assert_eq!(sysctl::get_as::<u32>("key.queue.length").unwrap(), 60);
    });
    #[cfg(feature = "vimage")]
    {
        let red = Vnet::new().unwrap();
        assert_eq!(red.enter(|| length.get()).unwrap(), 50, "each instance has its own");
        length.of(&red).set(70).unwrap();
        assert_eq!((length.of(&red).get().unwrap(), length.of(&base).get().unwrap()), (70, 60));
        assert!(matches!(length.get(), Err(Error::NoInstance { class: "Net", .. })));
        assert!(matches!(length.set(1), Err(Error::NoInstance { .. })));
    }
}

#[test]
fn it_converts_as_a_name_does() {
    let base = vimage::boot().unwrap();
    base.enter(|| {
        let most = key::<u32>("key.queue.most");
        assert!(matches!(most.set(0), Err(Error::OutOfRange { range: "1..=1000", .. })));
        most.set(300).unwrap();
        assert_eq!(key::<u64>("key.queue.most").get().unwrap(), 300, "another type of number");
        assert!(matches!(key::<u8>("key.queue.most").get(), Err(Error::OutOfRange { .. })));
        let text = key::<String>("key.queue.most");
        assert_eq!(text.get().unwrap(), "300");
        text.set(" 0x10 ".to_owned()).unwrap();
        assert_eq!(most.get().unwrap(), 16);
        assert!(matches!(text.set("many".to_owned()), Err(Error::WrongType { .. })));

        let name = key::<String>("key.queue.name");
        name.set("in".to_owned()).unwrap();
        assert_eq!(name.get().unwrap(), "in");
    });
}

#[test]
fn it_has_the_errors_that_a_name_has() {
    let base = vimage::boot().unwrap();
    assert!(
        matches!(sysctl::key::<u32>("key.queue.lenght"), Err(Error::Unknown { closest: Some(name), .. }) if name == "key.queue.length")
    );
    base.enter(|| {
        let drops = key::<u32>("key.queue.drops");
        assert_eq!(drops.get().unwrap(), 3);
        assert!(matches!(drops.set(0), Err(Error::ReadOnly { .. })));
        let odd = key::<u32>("key.queue.odd");
        assert_eq!(odd.get().unwrap(), 1);
        assert!(matches!(odd.set(2), Err(Error::Refused { .. })));
        assert!(matches!(odd.set(13), Err(Error::Panicked { message, .. }) if message == "unlucky"));
    });
    let debug = key::<bool>("key.queue.debug");
    debug.of(&base).set(true).unwrap();
    assert!(debug.of(&Vnet::base().unwrap()).get().unwrap());
    #[cfg(feature = "vimage")]
    {
        let red = Vnet::new().unwrap();
        let own = key::<u32>("key.queue.base");
        assert!(matches!(red.enter(|| own.set(2)), Err(Error::NotPermitted { .. })));
        assert!(matches!(own.of(&red).set(2), Err(Error::NotPermitted { .. })));
        assert_eq!(red.enter(|| own.get()).unwrap(), 1);
    }
    let error = key::<u32>("key.queue.length").of(&base.instance::<vimage::Program>()).get().unwrap_err();
    assert!(matches!(error, Error::WrongClass { class: "Net", .. }), "{error}");
    assert!(sysctl::of(&base.instance::<vimage::Program>()).key::<u32>("key.queue.length").is_err());
}

/// In one test, because others must not register meanwhile.
#[test]
fn it_is_gone_while_its_module_is_and_back_with_it() {
    let other = key::<u32>("key.queue.length");
    assert!(matches!(sysctl::key::<u32>("key.plugin.count"), Err(Error::Unknown { .. })));
    register("plugin").unwrap();
    let (count, shared) = (key::<u32>("key.plugin.count"), key::<u32>("key.plugin.shared"));
    assert_eq!((count.get().unwrap(), shared.get().unwrap()), (7, 8));
    count.set(9).unwrap();
    for round in 0..3 {
        // SAFETY: no code of the module runs.
        unsafe { unregister("plugin") }.unwrap();
        for gone in [count.get(), shared.get(), count.set(1).map(|()| 1)] {
            assert!(matches!(gone, Err(Error::Gone { .. })), "{round}: {gone:?}");
        }
        assert_eq!(Vnet::base().unwrap().enter(|| other.get().map(|_| ())).ok(), Some(()));
        register("plugin").unwrap();
        // In the default build the variable is a static, which keeps its value.
        assert!([7, 9].contains(&count.get().unwrap()));
        assert_eq!(shared.get().unwrap(), 8);
    }
}
