//! Sysctls where it is not quite as usual: locks that are held, names that come twice, values at the edge of their type.

use vimage::prelude::*;
use vimage::sysctl::{self, Error, Mismatch, Value};

#[vnet_module]
mod foo {
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.mutex", rw))]
    pub static FOO_MUTEX: Mutex<u32> = Mutex::new(1);

    #[virtualized(sysctl("net.foo.rwlock", rw))]
    pub static FOO_RWLOCK: RwLock<u32> = RwLock::new(1);

    #[virtualized(sysctl("net.foo.lazy", rw))]
    pub static FOO_LAZY: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(1));

    #[virtualized(sysctl("net.foo.once", rw))]
    static FOO_ONCE: OnceLock<u32> = OnceLock::new();

    #[virtualized(sysctl("net.foo.f32", rw))]
    static FOO_F32: Mutex<f32> = Mutex::new(0.0);

    #[virtualized(sysctl("net.foo.float.f64", rw))]
    static FOO_F64: Mutex<f64> = Mutex::new(0.0);

    /// Does not attach where the test says so, and leaves a handle behind.
    #[attach]
    fn iattach(arguments: &vimage::Arguments) -> Result<(), String> {
        if arguments.get::<super::Fail>().is_none() {
            return Ok(());
        }
        *super::LEFT.lock().unwrap() = Vnet::current();
        Err("as it was told".to_owned())
    }
}

/// Makes `foo` fail to attach.
#[cfg_attr(not(feature = "vimage"), allow(dead_code))]
struct Fail;
static LEFT: std::sync::Mutex<Option<Vnet>> = std::sync::Mutex::new(None);

mod one {
    use vimage::prelude::*;

    #[vnet_module]
    pub mod dup {
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        #[virtualized(symmap, sysctl("net.dup", rw))]
        static DUP: AtomicU32 = AtomicU32::new(1);

        #[virtualized(sysctl("net.same", rw))]
        static SAME: AtomicU32 = AtomicU32::new(1);

        #[virtualized(sysctl("net.same", rw))]
        static OTHER: AtomicU32 = AtomicU32::new(2);
    }
}

mod two {
    use vimage::prelude::*;

    #[vnet_module]
    pub mod dup {
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        #[virtualized(symmap, sysctl("net.dup", rw))]
        static DUP: AtomicU32 = AtomicU32::new(2);
    }
}

/// Where a candidate says that it is meant: what stands before the parenthesis.
fn meant(candidate: &str) -> &str {
    candidate.split(" (").next().unwrap()
}

#[vimage::test]
fn a_lock_is_waited_for_until_the_deadline() {
    let base = Vnet::base().unwrap();
    let patient = sysctl::of(&base);
    let hurried = patient.with_deadline(std::time::Instant::now());
    let refused = |name: &str| {
        assert!(matches!(hurried.get(name), Err(Error::Busy { .. })), "{name}");
        assert!(matches!(hurried.set(name, 7), Err(Error::Busy { .. })), "{name}");
        assert!(matches!(hurried.set(name, "x"), Err(Error::WrongType { .. })), "no value at any time: {name}");
        let listed = hurried.list(name).unwrap();
        assert!(matches!(listed[0].value, Err(Error::Busy { .. })), "{name}");
    };
    base.enter(|| {
        foo::V_FOO_MUTEX.with_current(|mutex| {
            let _held = mutex.lock().unwrap();
            refused("net.foo.mutex");
        });
        foo::V_FOO_RWLOCK.with_current(|lock| {
            let reading = lock.read().unwrap();
            assert_eq!(hurried.get("net.foo.rwlock").unwrap(), Value::Int(1), "others may read");
            drop(reading);
            let _held = lock.write().unwrap();
            refused("net.foo.rwlock");
        });
        foo::V_FOO_LAZY.with_current(|lazy| {
            let _held = lazy.lock().unwrap();
            refused("net.foo.lazy");
        });
    });
    // A lock that is released in time causes no error.
    let waiting = patient.with_deadline(std::time::Instant::now() + std::time::Duration::from_secs(60));
    let (held, is_held) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            base.enter(|| {
                foo::V_FOO_MUTEX.with_current(|mutex| {
                    let _held = mutex.lock().unwrap();
                    held.send(()).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(20));
                });
            });
        });
        is_held.recv().unwrap();
        assert_eq!(waiting.get("net.foo.mutex").unwrap(), Value::Int(1));
    });
    for name in ["net.foo.mutex", "net.foo.rwlock", "net.foo.lazy"] {
        hurried.set(name, 2).unwrap();
        assert_eq!(hurried.get(name).unwrap(), Value::Int(2));
        hurried.set(name, 1).unwrap();
    }
    assert_eq!(hurried.get("net.foo.once").unwrap(), Value::Unset);
    let message = Error::Busy { name: "net.foo.mutex".to_owned() }.to_string();
    assert_eq!(message, "`net.foo.mutex` is busy: the program holds its lock");
}

#[vimage::test]
fn what_a_candidate_says_means_it_alone() {
    for name in ["net.dup", "net.same"] {
        let Error::Ambiguous { candidates, .. } = sysctl::get(name).unwrap_err() else { panic!() };
        assert_eq!(candidates.len(), 2);
        let values: Vec<_> = candidates.iter().map(|one| sysctl::get(meant(one)).unwrap().to_string()).collect();
        let expected = if name == "net.dup" { ["1", "2"] } else { ["2", "1"] };
        assert_eq!(values, expected, "by path and variable: {candidates:?}");
        let listed = sysctl::list(name).unwrap();
        let unique: Vec<_> = listed.iter().map(|one| one.qualified_name.as_str()).collect();
        assert_eq!(unique, candidates.iter().map(|one| meant(one)).collect::<Vec<_>>());
        assert!(unique.iter().all(|unique| sysctl::describe(unique).unwrap().qualified_name == *unique));
    }
    let base = Vnet::base().unwrap();
    let vimage::symmap::Error::Ambiguous { candidates, .. } = vimage::symmap::lookup(&base, "dup").unwrap_err() else {
        panic!()
    };
    assert!(candidates.iter().all(|one| vimage::symmap::lookup(&base, meant(one)).is_ok()), "{candidates:?}");
    let first = vimage::symmap::lookup(&base, meant(&candidates[0])).unwrap();
    assert_eq!(first.path(), "sysctl_edges::one::dup");
    assert!(sysctl::get("one::net.dup").is_err() && sysctl::get("nowhere.rs:7::net.dup").is_err());
}

#[vimage::test]
fn several_values_of_one_name_are_in_a_tree() {
    let tree = sysctl::tree("net.dup").unwrap();
    assert_eq!(tree.here.len(), 2);
    assert_eq!(tree.to_string(), "net.dup: 1: 2\n");
    #[cfg(feature = "serde")]
    {
        assert_eq!(serde_json::to_string(&tree).unwrap(), r#"{"":[1,2]}"#);
        let net = serde_json::to_value(sysctl::tree("net").unwrap()).unwrap();
        assert_eq!(net["dup"][""], serde_json::json!([1, 2]));
    }
}

#[vimage::test]
fn floats_at_the_edge() {
    assert!(matches!(sysctl::set("net.foo.f32", 1e39), Err(Error::OutOfRange { .. })));
    assert!(matches!(sysctl::set("net.foo.f32", "-1e39"), Err(Error::OutOfRange { .. })));
    assert!(matches!(sysctl::get_as::<f32>("net.foo.f32"), Ok(value) if value == 0.0), "nothing was set");
    sysctl::set("net.foo.f32", f64::INFINITY).unwrap();
    assert_eq!(sysctl::get("net.foo.f32").unwrap(), Value::Float(f64::INFINITY), "asked for, not overflown");
    sysctl::set("net.foo.f32", 0.0).unwrap();
    for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        sysctl::set("net.foo.float.f64", value).unwrap();
        assert_eq!(sysctl::get_as::<String>("net.foo.float.f64").unwrap(), text);
        // JSON has no such numbers.
        #[cfg(feature = "serde")]
        assert_eq!(serde_json::to_value(sysctl::tree("net.foo.float").unwrap()).unwrap()["f64"], text);
        sysctl::set("net.foo.float.f64", text).unwrap();
    }
    sysctl::set("net.foo.float.f64", 0.0).unwrap();
}

#[test]
fn an_instance_whose_creation_failed_is_gone() {
    let failed = Vnet::builder().arg(Fail).create();
    assert!(failed.is_err());
    let left = LEFT.lock().unwrap().take();
    assert_eq!(left.is_some(), cfg!(feature = "vimage"));
    if let Some(left) = left {
        let view = sysctl::of(&left);
        assert!(matches!(view.get("net.foo.mutex"), Err(Error::Gone { .. })));
        assert!(matches!(view.set("net.foo.mutex", 3), Err(Error::Gone { .. })));
        assert!(view.list("net.foo").unwrap().iter().all(|one| matches!(one.value, Err(Error::Gone { .. }))));
        assert!(view.describe("net.foo.mutex").is_ok(), "which is of no instance");
    }
}

/// A type that says what it accepts, and one that does not.
mod texts {
    use std::fmt;
    use std::str::FromStr;

    macro_rules! switch {
        ($name:ident, $error:ty, $told:expr) => {
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $name;

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("on")
                }
            }

            impl FromStr for $name {
                type Err = $error;

                fn from_str(text: &str) -> Result<Self, $error> {
                    if text == "on" { Ok(Self) } else { Err($told) }
                }
            }

            vimage::sysctl::by_text!($name);
        };
    }

    switch!(Told, String, "expected `on`".to_owned());
    switch!(Untold, (), ());
}

#[test]
fn a_type_says_what_it_accepts_if_it_can() {
    use sysctl::ValueType;
    assert!(matches!(texts::Told::from_value("off".into()), Err(Mismatch::Because(why)) if why == "expected `on`"));
    assert!(matches!(texts::Untold::from_value("off".into()), Err(Mismatch::Type)));
    assert_eq!(texts::Untold::from_value("on".into()).unwrap(), texts::Untold);
}
