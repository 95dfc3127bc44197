//! A program that reads itself: what the reader says is what the runtime says, in every build.

use vimage::prelude::*;
use vimage::sysctl;
use vimage_inspect::{Look, Process, Value, ValueError};

#[vimage::module(symmap)]
mod shown {
    use std::sync::atomic::{AtomicBool, AtomicI16, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize};
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    /// Is on.
    ///
    /// Or off.
    #[virtualized(sysctl("shown.bool", rw, unit = "switches"))]
    static BOOL: AtomicBool = AtomicBool::new(true);
    #[virtualized(sysctl("shown.u8", rw, range = 1..=250))]
    static U8: AtomicU8 = AtomicU8::new(200);
    #[virtualized(sysctl("shown.i16", rw))]
    static I16: AtomicI16 = AtomicI16::new(-300);
    #[virtualized(sysctl("shown.u32", rw, tunable))]
    static U32: AtomicU32 = AtomicU32::new(u32::MAX);
    #[virtualized(sysctl("shown.i64", ro))]
    static I64: AtomicI64 = AtomicI64::new(i64::MIN);
    #[virtualized(sysctl("shown.usize", ro))]
    static USIZE: AtomicUsize = AtomicUsize::new(usize::MAX);
    #[virtualized(sysctl("shown.pointer", ro))]
    static POINTER: AtomicPtr<u32> = AtomicPtr::new(std::ptr::null_mut());
    #[virtualized(sysctl("shown.plain", ro))]
    static PLAIN: i8 = -7;
    #[virtualized(sysctl("shown.huge", ro))]
    static HUGE: u128 = u128::MAX;
    #[virtualized(sysctl("shown.wide", ro))]
    static WIDE: i128 = i128::MIN;
    #[virtualized(sysctl("shown.float", ro))]
    static FLOAT: f64 = 1.5;
    #[virtualized(sysctl("shown.small", ro))]
    static SMALL: f32 = 0.1;
    #[virtualized(sysctl("shown.char", ro))]
    static CHAR: char = 'ß';
    #[virtualized(sysctl("shown.str", ro))]
    static STR: &str = "some text";
    #[virtualized(sysctl("shown.string", rw))]
    static STRING: Mutex<String> = Mutex::new(String::new());
    #[virtualized(sysctl("shown.mutex8", rw))]
    static MUTEX8: Mutex<u8> = Mutex::new(8);
    #[virtualized(sysctl("shown.mutex16", rw))]
    static MUTEX16: Mutex<i16> = Mutex::new(-16);
    #[virtualized(sysctl("shown.mutex_bool", rw))]
    static MUTEX_BOOL: Mutex<bool> = Mutex::new(true);
    #[virtualized(sysctl("shown.mutex32", rw))]
    static MUTEX32: Mutex<u32> = Mutex::new(32);
    #[virtualized(sysctl("shown.mutex64", rw))]
    static MUTEX64: Mutex<f64> = Mutex::new(6.4);
    #[virtualized(sysctl("shown.mutex128", rw))]
    static MUTEX128: Mutex<u128> = Mutex::new(128);
    #[virtualized(sysctl("shown.rw_lock", rw))]
    static RW_LOCK: RwLock<u64> = RwLock::new(64);
    #[virtualized(sysctl("shown.rw_lock_char", rw))]
    static RW_LOCK_CHAR: RwLock<char> = RwLock::new('a');
    #[virtualized(sysctl("shown.once", rw))]
    static ONCE: OnceLock<u16> = OnceLock::new();
    #[virtualized(sysctl("shown.once_set", rw))]
    static ONCE_SET: OnceLock<String> = OnceLock::new();
    #[virtualized(sysctl("shown.once_mutex", rw))]
    static ONCE_SET_WIDE: OnceLock<u128> = OnceLock::new();
    #[virtualized(sysctl("shown.lazy", ro))]
    static LAZY: LazyLock<u64> = LazyLock::new(|| 77);
    #[virtualized(sysctl("shown.lazy_small", ro))]
    static LAZY_SMALL: LazyLock<u8> = LazyLock::new(|| 78);
    #[virtualized(sysctl("shown.lazy_text", rw))]
    static LAZY_TEXT: LazyLock<Mutex<String>> = LazyLock::new(|| Mutex::new("lazy".to_owned()));
    #[virtualized(keep, sysctl("shown.kept", rw))]
    static KEPT: AtomicU64 = AtomicU64::new(99);
    #[shared(sysctl("shown.shared", rw))]
    static SHARED: AtomicU64 = AtomicU64::new(5);

    /// Made by a handler.
    #[virtualized(sysctl("shown.handled", ro, handler = handler))]
    static HANDLED: AtomicU32 = AtomicU32::new(1);

    fn handler(variable: &AtomicU32, _: Option<u32>) -> Result<u32, &'static str> {
        Ok(variable.load(std::sync::atomic::Ordering::Relaxed) + 41)
    }

    #[virtualized]
    static ARRAY: [AtomicU32; 3] = [AtomicU32::new(1), AtomicU32::new(2), AtomicU32::new(3)];
    #[virtualized]
    static OPTIONS: Mutex<Option<u32>> = Mutex::new(Some(4));
    #[virtualized]
    static NO_OPTION: Option<u8> = None;
    #[virtualized]
    static NO_TEXT: Option<&str> = None;
    #[virtualized]
    static SOME_TEXT: RwLock<Option<String>> = RwLock::new(None);
    #[virtualized]
    static SOME_BOOL: Option<bool> = Some(false);
    #[virtualized]
    static SOME_CHAR: Option<char> = Some('x');
    #[virtualized]
    static NO_CHAR: Option<char> = None;
    #[virtualized]
    static LIST: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    #[virtualized]
    static TEXTS: RwLock<Vec<String>> = RwLock::new(Vec::new());
    #[virtualized]
    static IN_A_BOX: LazyLock<Box<u64>> = LazyLock::new(|| Box::new(88));
    #[virtualized]
    static OPAQUE: std::collections::BTreeMap<u8, u8> = std::collections::BTreeMap::new();

    #[attach]
    fn attach() {
        _ = V_ONCE_SET.set("set".to_owned());
        _ = V_ONCE_SET_WIDE.set(1 << 100);
        *V_SOME_TEXT.write().unwrap() = Some("some".to_owned());
        *V_LIST.lock().unwrap() = (0..5).map(|n| n * n).collect();
        *V_TEXTS.write().unwrap() = vec!["one".to_owned(), String::new(), "three".to_owned()];
        assert_eq!(**V_IN_A_BOX, 88);
        *V_STRING.lock().unwrap() = "a longer text, so that it is on the heap".to_owned();
    }

    #[quiesce]
    fn quiesce() {}
}

#[vimage::module(register = "manual")]
mod later {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(keep, sysctl("later.kept", rw))]
    static LATER: AtomicU32 = AtomicU32::new(11);
}

fn own() -> Process {
    Process::open(std::process::id()).unwrap()
}

/// The value as the reader has it, in the words of the runtime.
fn value(value: &Value) -> sysctl::Value {
    match value {
        Value::Unset => sysctl::Value::Unset,
        Value::Bool(value) => sysctl::Value::Bool(*value),
        Value::Int(value) => sysctl::Value::Int(*value),
        Value::Huge(value) => sysctl::Value::Huge(*value),
        Value::Float(value) => sysctl::Value::Float(*value),
        Value::Text(text) => sysctl::Value::Text(text.clone()),
        other => panic!("{other:?} is no value of a sysctl"),
    }
}

fn compare(look: &Look<'_>, vimage: &Vimage, name: Option<&str>) {
    let instances = look.instances_named(name, None).unwrap();
    let inside = sysctl::of(vimage);
    let expected = inside.list("").unwrap();
    let found = look.below("", &instances);
    let names = |name: &str| name.to_owned();
    assert_eq!(
        found.iter().map(|named| named.qualified_name.clone()).collect::<Vec<_>>(),
        expected.iter().map(|listed| names(&listed.qualified_name)).collect::<Vec<_>>(),
    );
    for (named, listed) in found.iter().zip(&expected) {
        let class = look.class_of(&named.sysctl.variable);
        let instance = instances.iter().find(|instance| instance.class == class).unwrap();
        match look.get(named.sysctl, instance) {
            Ok(read) => assert_eq!(&value(&read), listed.value.as_ref().unwrap(), "{}", listed.name),
            Err(error) => {
                assert_eq!((listed.name, error), ("shown.handled", ValueError::Handled));
            }
        }
        let described = inside.describe(&listed.qualified_name).unwrap();
        let own = named.sysctl;
        let module = &look.modules()[own.variable.module];
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        assert_eq!(
            (&*own.text, &*own.value_type, text(&own.range), text(&own.unit), own.writable, own.tunable),
            (
                &*described.text,
                described.type_name,
                described.range.unwrap_or_default().to_owned(),
                described.unit.unwrap_or_default().to_owned(),
                described.writable,
                described.tunable
            )
        );
        assert_eq!(
            (
                own.base_only,
                own.variable.shared,
                &*own.ident,
                &*module.name,
                &*module.path,
                &*own.variable.file,
                own.variable.line
            ),
            (
                described.base_only,
                described.shared,
                described.variable,
                described.module,
                described.path,
                described.file,
                described.line
            )
        );
        assert_eq!(own.kind.name(), described.kind.to_string());
    }
}

/// The same rows as the runtime's own table.
fn compare_instances(look: &Look<'_>) {
    let rows: Vec<Vec<String>> = look
        .instances()
        .iter()
        .map(|instance| {
            vec![
                look.classes()[instance.class].name.clone(),
                instance.id.to_string(),
                instance.name.clone().unwrap_or_default(),
                instance.state.clone(),
                instance.handles.to_string(),
                instance.parent.map(|id| id.to_string()).unwrap_or_default(),
                look.kept_bytes(instance).to_string(),
            ]
        })
        .collect();
    assert_eq!(rows, vimage::debug::instances().rows());
}

fn compare_modules(look: &Look<'_>) {
    let rows: Vec<Vec<String>> = look
        .modules()
        .iter()
        .map(|module| {
            let hooks = [(module.attaches, "attach"), (module.quiesces, "quiesce"), (module.detaches, "detach")];
            let hooks: Vec<&str> = hooks.iter().filter(|(has, _)| *has).map(|(_, hook)| *hook).collect();
            vec![
                look.classes()[module.class].name.clone(),
                module.name.clone(),
                if module.is_added { "run time" } else { "boot" }.to_owned(),
                hooks.join(", "),
                module.path.clone(),
                format!("{}:{}", module.file, module.line),
            ]
        })
        .collect();
    assert_eq!(rows, vimage::debug::modules().rows());
}

fn compare_symbols(look: &Look<'_>, vimage: &Vimage, name: Option<&str>) {
    let instances = look.instances_named(name, None).unwrap();
    for symbol in vimage::symmap::symbols(vimage).unwrap() {
        let found = look.symbols().iter().find(|found| found.name == symbol.name()).unwrap();
        let instance = instances.iter().find(|instance| instance.class == look.class_of(found)).unwrap();
        assert_eq!(
            (&*found.type_name, found.size, found.align, found.shared),
            (symbol.type_name(), symbol.size() as u64, symbol.align() as u64, symbol.is_shared())
        );
        assert_eq!(look.address(found, instance).unwrap(), symbol.address().addr() as u64, "{symbol:?}");
    }
    let of = |name: &str| {
        let found = look.symbols().iter().find(|found| found.name == name).unwrap();
        let instance = instances.iter().find(|instance| instance.class == look.class_of(found)).unwrap();
        look.value(found, instance)
    };
    let text = |text: &str| Ok(Value::Text(text.to_owned()));
    assert_eq!(of("array").unwrap().to_string(), "[1, 2, 3]");
    assert_eq!(of("options"), Ok(Value::Int(4)));
    assert_eq!(of("no_option"), Ok(Value::Unset));
    assert_eq!(of("no_text"), Ok(Value::Unset));
    assert_eq!(of("some_text"), text("some"));
    assert_eq!(of("some_bool"), Ok(Value::Bool(false)));
    assert_eq!(of("some_char"), text("x"));
    assert_eq!(of("no_char"), Ok(Value::Unset));
    assert_eq!(of("list").unwrap().to_string(), "[0, 1, 4, 9, 16]");
    assert_eq!(of("texts").unwrap().to_string(), r#"["one", "", "three"]"#);
    assert_eq!(of("in_a_box"), Ok(Value::Int(88)));
    // Only debug information describes it.
    match of("opaque") {
        Ok(value) => assert_eq!(value, Value::Map(Vec::new())),
        Err(error) => assert!(matches!(&error, ValueError::NoDebugInfo { .. }) && !cfg!(debug_assertions), "{error}"),
    }
}

/// One test, because each part relies on the state that the others leave.
#[test]
fn the_reader_says_what_the_runtime_says() {
    // Before boot there are no tables.
    assert!(matches!(own().look(), Err(vimage_inspect::Error::NotBooted)));
    let base = vimage::boot().unwrap();
    let process = own();
    {
        let look = process.look().unwrap();
        // Only the program can make the value of a cell that was not used.
        let base = look.instances_named(None, None).unwrap();
        let lazy = look.sysctl_named("shown.lazy", &base).unwrap().sysctl;
        let of = base.iter().find(|instance| instance.class == look.class_of(&lazy.variable)).unwrap();
        assert_eq!(look.get(lazy, of), Err(ValueError::Uninitialized));
        compare_instances(&look);
        compare_modules(&look);
    }
    // Reading inside makes the values of lazy cells.
    sysctl::of(&base).list("").unwrap();
    compare(&process.look().unwrap(), &base, None);
    compare_symbols(&process.look().unwrap(), &base, None);

    #[cfg(feature = "vimage")]
    {
        let red = Vimage::builder().name("red").create().unwrap();
        let nested = red.enter(|| Vimage::builder().name("nested").create().unwrap());
        sysctl::of(&red).set("shown.u32", 17).unwrap();
        sysctl::of(&red).set("shown.kept", 18).unwrap();
        sysctl::of(&red).list("").unwrap();
        let look = process.look().unwrap();
        compare_instances(&look);
        compare(&look, &red, Some("red"));
        compare_symbols(&look, &red, Some("red"));

        // The parent takes the place of what is destroyed; what is destroyed meanwhile has no values any more.
        let of = look.instances_named(Some("red"), None).unwrap();
        let sysctl = look.sysctl_named("shown.u32", &of).unwrap().sysctl;
        let instance = of.iter().find(|instance| instance.class == look.class_of(&sysctl.variable)).unwrap();
        assert_eq!(look.get(sysctl, instance), Ok(Value::Int(17)));
        red.destroy().unwrap();
        assert_eq!(look.get(sysctl, instance), Err(ValueError::Gone));
        compare_instances(&process.look().unwrap());
        drop(nested);
        compare_instances(&process.look().unwrap());
    }

    vimage::module::register("later").unwrap();
    let look = process.look().unwrap();
    compare_instances(&look);
    compare_modules(&look);
    sysctl::of(&base).set("later.kept", 12).unwrap();
    compare(&look, &base, None);
    // SAFETY: no code of the module runs, and nothing of it is borrowed.
    unsafe { vimage::module::unregister("later").unwrap() };
    let look = process.look().unwrap();
    compare_modules(&look);
    assert!(look.sysctls().iter().all(|sysctl| sysctl.variable.name != "later.kept"));

    // A name that is almost right.
    let instances = look.instances_named(None, None).unwrap();
    let error = look.sysctl_named("shown.u33", &instances).unwrap_err();
    let inside = sysctl::of(&base).get("shown.u33").unwrap_err();
    assert_eq!(error.to_string(), inside.to_string());
}
