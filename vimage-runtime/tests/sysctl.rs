//! Sysctls: the same names, types and answers in each build.

use std::error::Error as _;

use vimage::prelude::*;
use vimage::sysctl::{self, Error, Kind, Value};
use vimage::{CreateError, kernel::Net};

#[vnet_module]
mod foo {
    use std::fmt;
    use std::str::FromStr;
    use std::sync::atomic::{AtomicBool, AtomicI8, AtomicU32, AtomicU64, Ordering::Relaxed};
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    /// How packets are treated.
    ///
    /// Set it before traffic comes.
    #[virtualized(sysctl("net.foo.mode", rw, tunable, range = 0..=3, unit = "mode"))]
    static FOO_MODE: AtomicU32 = AtomicU32::new(1);

    #[virtualized(sysctl("net.foo.counter", ro))]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);

    #[virtualized(sysctl("net.foo.boot_mode", ro, tunable))]
    static FOO_BOOT_MODE: AtomicI8 = AtomicI8::new(-1);

    /// The value that the attach hook read.
    #[virtualized(sysctl("net.foo.seen", ro))]
    static FOO_SEEN: AtomicU32 = AtomicU32::new(0);

    #[shared(sysctl("net.foo.debug", rw))]
    static FOO_DEBUG: AtomicBool = AtomicBool::new(false);

    #[shared(sysctl("net.foo.anyone", rw, base_only = false))]
    static FOO_ANYONE: Mutex<f64> = Mutex::new(0.5);

    #[shared(sysctl("net.foo.version", ro))]
    static FOO_VERSION: &str = "1.0";

    #[virtualized(sysctl("net.foo.own.base", rw, base_only))]
    static FOO_BASE: AtomicU32 = AtomicU32::new(0);

    #[virtualized(sysctl("net.foo.own.name", rw))]
    static FOO_NAME: RwLock<String> = RwLock::new(String::new());

    #[virtualized(sysctl("net.foo.text", rw))]
    static FOO_TEXT: Mutex<String> = Mutex::new(String::new());

    #[virtualized(sysctl("net.foo.once", rw))]
    static FOO_ONCE: OnceLock<i64> = OnceLock::new();

    /// Initialized by the first read.
    #[virtualized(sysctl("net.foo.lazy", ro))]
    static FOO_LAZY: LazyLock<u64> = LazyLock::new(|| V_FOO_COUNTER.load(Relaxed) * 2);

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Policy {
        Drop,
        Pass,
    }

    impl fmt::Display for Policy {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(if *self == Self::Drop { "drop" } else { "pass" })
        }
    }

    impl FromStr for Policy {
        type Err = ();

        fn from_str(text: &str) -> Result<Self, ()> {
            [Self::Drop, Self::Pass].into_iter().find(|policy| policy.to_string() == text).ok_or(())
        }
    }

    vimage::sysctl::by_text!(Policy);

    #[virtualized(sysctl("net.foo.policy", rw, tunable))]
    pub static FOO_POLICY: Mutex<Policy> = Mutex::new(Policy::Drop);

    /// Percent, kept as a fraction.
    #[virtualized(sysctl("net.foo.load", rw, range = ..=100, handler = load))]
    static FOO_LOAD: Mutex<f64> = Mutex::new(0.25);

    fn load(fraction: &Mutex<f64>, new: Option<u8>) -> Result<u8, String> {
        let mut fraction = fraction.lock().unwrap();
        if let Some(new) = new {
            if new % 2 == 1 {
                return Err("only even numbers".to_owned());
            }
            *fraction = f64::from(new) / 100.0;
        }
        Ok((*fraction * 100.0) as u8)
    }

    /// Computed of another variable, in the instance.
    #[virtualized(sysctl("net.foo.twice", ro, handler = twice))]
    static mut FOO_RAW: u64 = 0;

    fn twice(_: *mut u64, _: Option<u64>) -> Result<u64, std::convert::Infallible> {
        Ok(V_FOO_COUNTER.load(Relaxed) * 2)
    }

    #[virtualized(sysctl("net.foo.broken", ro, handler = broken))]
    static FOO_BROKEN: () = ();

    fn broken(_: &(), _: Option<u8>) -> Result<u8, String> {
        panic!("out of order")
    }

    #[virtualized(keep, sysctl("net.foo.kept", rw))]
    static FOO_KEPT: AtomicU32 = AtomicU32::new(5);

    #[attach]
    fn iattach() {
        V_FOO_SEEN.store(V_FOO_MODE.load(Relaxed), Relaxed);
    }

    pub fn count() {
        V_FOO_COUNTER.fetch_add(1, Relaxed);
    }

    pub fn in_a_function() -> u32 {
        #[virtualized(sysctl("net.foo.function", rw))]
        static LOCAL: AtomicU32 = AtomicU32::new(3);
        V_LOCAL.load(Relaxed)
    }
}

#[vnet_module]
mod other {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.twice", rw))]
    static ONE: AtomicU32 = AtomicU32::new(1);
}

/// The same name again, far from its module.
#[virtualized(in = foo, sysctl("net.twice", rw))]
static TWO: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(2);

#[shared(in = foo, sysctl("net.far", rw))]
static FAR: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(2);

#[vcpu_module]
mod cpu {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("kern.sched.quantum", rw, tunable))]
    static QUANTUM: AtomicU32 = AtomicU32::new(10);
}

fn base() -> Vnet {
    Vnet::base().unwrap()
}

#[vimage::test]
fn values_are_read_and_set_typed_and_as_text() {
    assert_eq!(sysctl::get("net.foo.mode").unwrap(), Value::Int(1));
    sysctl::set("net.foo.mode", 2_u8).unwrap();
    assert_eq!(sysctl::get_as::<u32>("net.foo.mode").unwrap(), 2);
    sysctl::set("net.foo.mode", " 0x3 ").unwrap();
    assert_eq!(sysctl::get_as::<String>("net.foo.mode").unwrap(), "3");
    sysctl::set("net.foo.own.name", "red").unwrap();
    assert_eq!(sysctl::get("net.foo.own.name").unwrap(), Value::from("red"));
    sysctl::set("net.foo.policy", "pass").unwrap();
    assert_eq!(foo::V_FOO_POLICY.with_current(|policy| *policy.lock().unwrap()), foo::Policy::Pass);
    assert_eq!(sysctl::get("net.foo.version").unwrap().to_string(), "1.0");
    sysctl::set("net.foo.kept", 6).unwrap();
    assert_eq!(sysctl::get("net.foo.kept").unwrap(), Value::Int(6));
    sysctl::set("net.foo.function", 4).unwrap();
    assert_eq!(foo::in_a_function(), 4);
    sysctl::set("net.foo.mode", 1).unwrap();
}

#[vimage::test]
fn handlers_compute_and_check() {
    sysctl::set("net.foo.load", 50).unwrap();
    assert_eq!(sysctl::get("net.foo.load").unwrap(), Value::Int(50));
    let refused = sysctl::set("net.foo.load", "51").unwrap_err();
    assert_eq!(refused.to_string(), "access to `net.foo.load` was refused");
    assert_eq!(refused.source().unwrap().to_string(), "only even numbers");
    let range = sysctl::set("net.foo.load", 102).unwrap_err();
    assert_eq!(range.to_string(), "`net.foo.load`: 102 is not in the range of ..=100");
    assert_eq!(sysctl::get("net.foo.load").unwrap(), Value::Int(50), "what was refused has changed nothing");
    let before = sysctl::get_as::<u64>("net.foo.twice").unwrap();
    foo::count();
    assert_eq!(sysctl::get_as::<u64>("net.foo.twice").unwrap(), before + 2);
    let panicked = sysctl::get("net.foo.broken").unwrap_err();
    assert_eq!(panicked.to_string(), "`net.foo.broken`: panicked: out of order");
}

#[vimage::test]
fn a_once_lock_is_set_once_and_a_lazy_lock_is_forced_in_its_instance() {
    if sysctl::get("net.foo.once").unwrap() == Value::Unset {
        sysctl::set("net.foo.once", -4).unwrap();
    }
    assert_eq!(sysctl::get("net.foo.once").unwrap(), Value::Int(-4));
    assert!(matches!(sysctl::set("net.foo.once", 5), Err(Error::Refused { .. })));
    let counter = sysctl::get_as::<u64>("net.foo.counter").unwrap();
    assert!(sysctl::get_as::<u64>("net.foo.lazy").unwrap() <= 2 * counter);
    assert!(matches!(sysctl::set("net.foo.lazy", 5), Err(Error::ReadOnly { .. })));
}

#[vimage::test]
fn what_is_wrong_is_told() {
    let message = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(message(sysctl::set("net.foo.mod", 1)), "unknown sysctl `net.foo.mod`; did you mean `net.foo.mode`?");
    assert_eq!(message(sysctl::set("net.foo.mode", 4)), "`net.foo.mode`: 4 is not in the range of 0..=3");
    assert_eq!(message(sysctl::set("net.foo.mode", -1)), "`net.foo.mode`: -1 is not in the range of u32");
    assert_eq!(message(sysctl::set("net.foo.mode", "x")), "`net.foo.mode`: \"x\" is not a valid u32 (integer)");
    assert_eq!(message(sysctl::set("net.foo.counter", 1)), "`net.foo.counter` is read-only");
    assert_eq!(
        message(sysctl::set("net.foo.boot_mode", 1)),
        "`net.foo.boot_mode` can only be set when an instance is created"
    );
    assert_eq!(
        message(sysctl::set("net.foo.policy", "maybe")),
        "`net.foo.policy`: \"maybe\" is not a valid Policy (text)"
    );
    assert!(matches!(sysctl::get_as::<bool>("net.foo.counter"), Err(Error::OutOfRange { .. })));
    let wrong = sysctl::of(&base()).get("kern.sched.quantum").unwrap_err();
    assert_eq!(wrong.to_string(), "`kern.sched.quantum` is a variable of class Cpu, not of Net#0");
}

#[vimage::test]
fn a_name_that_two_variables_bear_is_an_error_when_it_is_used() {
    let Error::Ambiguous { candidates, .. } = sysctl::get("net.twice").unwrap_err() else { panic!() };
    assert_eq!(candidates.len(), 2);
    assert!(candidates[0].starts_with("foo::net.twice (sysctl::foo, "), "{candidates:?}");
    assert!(candidates[1].starts_with("other::net.twice (sysctl::other, "), "{candidates:?}");
    assert_eq!(sysctl::get("other::net.twice").unwrap(), Value::Int(1));
    assert_eq!(sysctl::get("sysctl::foo::net.twice").unwrap(), Value::Int(2));
    assert!(matches!(sysctl::get("nobody::net.twice"), Err(Error::Unknown { .. })));
    assert_eq!(sysctl::list("net.twice").unwrap().len(), 2, "both are listed");
}

#[vimage::test]
fn names_are_listed_by_prefix() {
    let names = |prefix| -> Vec<_> { sysctl::list(prefix).unwrap().into_iter().map(|one| one.name).collect() };
    assert_eq!(names("net.foo.own"), ["net.foo.own.base", "net.foo.own.name"]);
    assert_eq!(names("net.foo.own."), names("net.foo.own"));
    assert_eq!(names("net.foo.mode"), ["net.foo.mode"]);
    assert_eq!(names("net.fo"), [""; 0]);
    assert!(names("").is_sorted() && names("").contains(&"kern.sched.quantum"));
    let own = sysctl::of(&base()).list("").unwrap();
    assert!(own.iter().all(|one| one.class == "Net"));
    let tree = sysctl::tree("net").unwrap();
    let foo = tree.children.iter().find(|child| child.segment == "foo").unwrap();
    assert!(foo.children.iter().any(|child| child.segment == "own" && child.children.len() == 2));
    // Its value is another test's.
    assert!(tree.to_string().contains("\n    own\n      base: "), "{tree}");
}

#[vimage::test]
fn a_description_is_the_doc_comment_and_the_options() {
    let mode = sysctl::describe("net.foo.mode").unwrap();
    assert_eq!(mode.text, "How packets are treated.\n\nSet it before traffic comes.");
    assert_eq!((mode.kind, mode.type_name), (Kind::Integer, "u32"));
    assert_eq!((mode.range, mode.unit), (Some("0..=3"), Some("mode")));
    assert_eq!((mode.writable, mode.tunable, mode.base_only, mode.shared), (true, true, false, false));
    assert_eq!((mode.variable, mode.module, mode.path, mode.class), ("FOO_MODE", "foo", "sysctl::foo", "Net"));
    assert!(mode.file.ends_with("sysctl.rs") && mode.line > 0);
    assert!(sysctl::describe("net.foo.debug").unwrap().base_only, "the default of shared ones");
    assert!(!sysctl::describe("net.foo.anyone").unwrap().base_only);
}

#[test]
fn shared_variables_are_set_from_the_base_instance_or_from_outside() {
    vimage::boot().unwrap();
    sysctl::set("net.foo.debug", "true").unwrap();
    sysctl::of(&base()).set("net.foo.debug", 0).unwrap();
    sysctl::of(&base()).set("net.foo.own.base", 3).unwrap();
    sysctl::set("net.far", 3).unwrap();
    if let Ok(red) = Vnet::builder().name("red").create() {
        let refused = sysctl::of(&red).set("net.foo.debug", true).unwrap_err();
        let message = refused.to_string();
        assert!(
            message.starts_with("`net.foo.debug` can only be set from the base instance, not from Net#"),
            "{message}"
        );
        assert!(matches!(red.enter(|| sysctl::set("net.foo.debug", true)), Err(Error::NotPermitted { .. })));
        assert!(matches!(sysctl::of(&red).set("net.foo.own.base", 1), Err(Error::NotPermitted { .. })));
        assert_eq!(red.enter(|| sysctl::get("net.foo.debug")).unwrap(), Value::Bool(false));
        sysctl::of(&red).set("net.foo.anyone", 1.5).unwrap();
        assert_eq!(sysctl::get("net.foo.anyone").unwrap(), Value::Float(1.5));
        red.destroy().unwrap();
    }
}

#[test]
fn each_instance_has_its_own() {
    let base = base();
    let Ok(red) = Vnet::new() else { return };
    sysctl::of(&red).set("net.foo.own.name", "red").unwrap();
    red.enter(foo::count);
    assert_eq!(sysctl::of(&red).get("net.foo.own.name").unwrap(), Value::from("red"));
    assert_eq!(sysctl::of(&red).get("net.foo.counter").unwrap(), Value::Int(8));
    assert_eq!(sysctl::of(&base).get("net.foo.own.name").unwrap(), Value::from(""));
    let none = std::thread::spawn(|| sysctl::get("net.foo.counter").unwrap_err()).join().unwrap();
    assert!(matches!(none, Error::NoInstance { class: "Net", .. }), "{none:?}");
    // A read from within another instance reads the instance that is named.
    let lazy = base.enter(|| sysctl::of(&red).get_as::<u64>("net.foo.lazy").unwrap());
    assert_eq!(lazy, 16);
}

#[test]
fn tunables_are_set_before_the_attach_hooks() {
    let made = Vnet::builder().sysctl("net.foo.mode", 3).sysctl("net.foo.boot_mode", "9").create();
    if !cfg!(feature = "vimage") {
        assert!(matches!(made, Err(CreateError::NotVirtualized)));
        return;
    }
    let red = made.unwrap();
    assert_eq!(sysctl::of(&red).get("net.foo.seen").unwrap(), Value::Int(3));
    assert_eq!(sysctl::of(&red).get("net.foo.boot_mode").unwrap(), Value::Int(9));
    let error = |name: &str, value: &str| match Vnet::builder().name("refused").sysctl(name, value).create() {
        Err(CreateError::Sysctl(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(error("net.foo.mode", "7"), Error::OutOfRange { .. }));
    assert!(matches!(error("net.foo.policy", "x"), Error::WrongType { .. }));
    assert!(matches!(error("net.foo.counter", "7"), Error::NotTunable { .. }));
    assert!(matches!(error("net.nothing", "7"), Error::Unknown { .. }));
    assert!(matches!(error("kern.sched.quantum", "7"), Error::WrongClass { .. }));
    assert!(Vnet::all().all(|vnet| vnet.name() != Some("refused")), "nothing is left of them");

    let both =
        Vimage::builder().fresh_all().sysctl("net.foo.mode", 2).sysctl("kern.sched.quantum", 20).create().unwrap();
    assert_eq!(sysctl::of(&both.instance::<Net>()).get("net.foo.seen").unwrap(), Value::Int(2));
    assert_eq!(both.enter(|| sysctl::get("kern.sched.quantum")).unwrap(), Value::Int(20));
    let only_net = Vimage::builder().fresh::<Net>().sysctl("kern.sched.quantum", 20).create();
    assert!(matches!(only_net, Err(CreateError::Sysctl(Error::WrongClass { .. }))));
}

#[test]
fn concurrent_sets_never_leave_a_mixture() {
    let base = base();
    let view = sysctl::of(&base);
    let rounds = if cfg!(miri) { 10 } else { 500 };
    let (long, short) = ("a".repeat(1000), "b".repeat(10));
    view.set("net.foo.text", "").unwrap();
    std::thread::scope(|scope| {
        for text in [&long, &short] {
            scope.spawn(|| (0..rounds).for_each(|_| view.set("net.foo.text", text.as_str()).unwrap()));
        }
        for _ in 0..rounds {
            let seen: String = view.get_as("net.foo.text").unwrap();
            assert!(seen.is_empty() || seen == long || seen == short, "{seen}");
        }
    });
    view.set("net.foo.text", "").unwrap();
}

#[cfg(feature = "serde")]
#[vimage::test]
fn a_subtree_serializes() {
    let tree = sysctl::tree("net.foo.own").unwrap();
    assert_eq!(serde_json::to_string(&tree).unwrap(), r#"{"base":0,"name":""}"#);
    let one = sysctl::tree("net.foo.version").unwrap();
    assert_eq!(serde_json::to_string(&one).unwrap(), "\"1.0\"");
}
