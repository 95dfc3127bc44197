//! Properties that hold for all values and all texts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use proptest::prelude::*;
use vimage::prelude::*;
use vimage::sysctl::{self, Mismatch, Value, ValueType};

/// A variable per type, under the name of its type.
#[vnet_module]
mod all {
    use std::borrow::Cow;
    use std::fmt;
    use std::str::FromStr;
    use std::sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize,
    };
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    #[virtualized(sysctl("atomic.bool", rw))]
    static ATOMIC_BOOL: AtomicBool = AtomicBool::new(false);
    #[virtualized(sysctl("atomic.i8", rw))]
    static ATOMIC_I8: AtomicI8 = AtomicI8::new(0);
    #[virtualized(sysctl("atomic.i16", rw))]
    static ATOMIC_I16: AtomicI16 = AtomicI16::new(0);
    #[virtualized(sysctl("atomic.i32", rw))]
    static ATOMIC_I32: AtomicI32 = AtomicI32::new(0);
    #[virtualized(sysctl("atomic.i64", rw))]
    static ATOMIC_I64: AtomicI64 = AtomicI64::new(0);
    #[virtualized(sysctl("atomic.isize", rw))]
    static ATOMIC_ISIZE: AtomicIsize = AtomicIsize::new(0);
    #[virtualized(sysctl("atomic.u8", rw))]
    static ATOMIC_U8: AtomicU8 = AtomicU8::new(0);
    #[virtualized(sysctl("atomic.u16", rw))]
    static ATOMIC_U16: AtomicU16 = AtomicU16::new(0);
    #[virtualized(sysctl("atomic.u32", rw))]
    static ATOMIC_U32: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("atomic.u64", rw))]
    static ATOMIC_U64: AtomicU64 = AtomicU64::new(0);
    #[virtualized(sysctl("atomic.usize", rw))]
    static ATOMIC_USIZE: AtomicUsize = AtomicUsize::new(0);
    #[virtualized(sysctl("locked.i128", rw))]
    static LOCKED_I128: Mutex<i128> = Mutex::new(0);
    #[virtualized(sysctl("locked.u128", rw))]
    static LOCKED_U128: RwLock<u128> = RwLock::new(0);
    #[virtualized(sysctl("locked.bool", rw))]
    static LOCKED_BOOL: Mutex<bool> = Mutex::new(false);
    #[virtualized(sysctl("locked.f32", rw))]
    static LOCKED_F32: RwLock<f32> = RwLock::new(0.0);
    #[virtualized(sysctl("locked.f64", rw))]
    static LOCKED_F64: Mutex<f64> = Mutex::new(0.0);
    #[virtualized(sysctl("locked.char", rw))]
    static LOCKED_CHAR: Mutex<char> = Mutex::new('a');
    #[virtualized(sysctl("locked.string", rw))]
    static LOCKED_STRING: RwLock<String> = RwLock::new(String::new());
    #[virtualized(sysctl("locked.cow", rw))]
    static LOCKED_COW: Mutex<Cow<'static, str>> = Mutex::new(Cow::Borrowed(""));
    #[virtualized(sysctl("lazy.u64", rw, range = 10..))]
    static LAZY_U64: LazyLock<Mutex<u64>> = LazyLock::new(|| Mutex::new(10));
    #[virtualized(sysctl("lazy.string", rw))]
    static LAZY_STRING: LazyLock<RwLock<String>> = LazyLock::new(RwLock::default);
    #[virtualized(sysctl("once.i64", rw))]
    static ONCE_I64: OnceLock<i64> = OnceLock::new();
    #[virtualized(sysctl("once.string", rw))]
    static ONCE_STRING: OnceLock<String> = OnceLock::new();
    #[virtualized(sysctl("pointer", ro))]
    static POINTER: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
    #[virtualized(sysctl("text", ro))]
    static TEXT: &str = "text";
    #[shared(sysctl("shared.u32", rw))]
    static SHARED_U32: AtomicU32 = AtomicU32::new(0);

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Color {
        Red,
        Green,
        Mixed(u8),
    }

    impl fmt::Display for Color {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::Red => f.write_str("red"),
                Self::Green => f.write_str("green"),
                Self::Mixed(much) => write!(f, "mixed {much}"),
            }
        }
    }

    impl FromStr for Color {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            match text {
                "red" => Ok(Self::Red),
                "green" => Ok(Self::Green),
                _ => {
                    let much = text.strip_prefix("mixed ").and_then(|much| much.parse().ok());
                    much.map(Self::Mixed).ok_or_else(|| "expected `red`, `green` or `mixed` and a number".to_owned())
                }
            }
        }
    }

    vimage::sysctl::by_text!(Color);

    #[virtualized(sysctl("locked.color", rw))]
    static LOCKED_COLOR: Mutex<Color> = Mutex::new(Color::Red);
    #[virtualized(sysctl("once.color", rw))]
    static ONCE_COLOR: OnceLock<Color> = OnceLock::new();

    /// Kept as its half.
    #[virtualized(sysctl("handled.u16", rw, handler = half))]
    static HANDLED_U16: AtomicU8 = AtomicU8::new(0);

    fn half(half: &AtomicU8, new: Option<u16>) -> Result<u16, String> {
        use std::sync::atomic::Ordering::SeqCst;
        if let Some(new) = new {
            if new % 2 == 1 {
                return Err("only even numbers".to_owned());
            }
            half.store(u8::try_from(new / 2).map_err(|_| "at most 510")?, SeqCst);
        }
        Ok(u16::from(half.load(SeqCst)) * 2)
    }
}

/// In the builds without instances there is one of each variable, for which the tests take turns.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> Option<MutexGuard<'static, ()>> {
    (!cfg!(feature = "vimage")).then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Sets the value and reads it back, as it is and as text. The instance is a new one, where there are any.
fn round_trip<T: ValueType + Clone + Into<Value>>(name: &str, value: &T) {
    let _alone = alone();
    let instance = Vnet::new().or_else(|_| Vnet::base()).unwrap();
    let view = sysctl::of(&instance);
    view.set(name, value.clone()).unwrap();
    let written = view.get(name).unwrap();
    assert!(same(&written, &value.clone().into()), "{name}: {written:?}");
    assert!(same(&view.get_as::<T>(name).unwrap().into(), &written));
    view.set(name, written.to_string()).unwrap();
    let read_back = view.get(name).unwrap();
    assert!(same(&read_back, &written), "{name}: {written:?} as text is {read_back:?}");
}

/// Equal, also for a float that is no number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        _ => a == b,
    }
}

macro_rules! round_trips {
    ($($test:ident: $type:ty = $($name:literal),+;)*) => {
        proptest! {
            $(
                #[test]
                fn $test(value: $type) {
                    $(round_trip($name, &value);)+
                }
            )*
        }
    };
}

round_trips! {
    bool_comes_back: bool = "atomic.bool", "locked.bool";
    i8_comes_back: i8 = "atomic.i8";
    i16_comes_back: i16 = "atomic.i16";
    i32_comes_back: i32 = "atomic.i32";
    i64_comes_back: i64 = "atomic.i64";
    isize_comes_back: isize = "atomic.isize";
    u8_comes_back: u8 = "atomic.u8";
    u16_comes_back: u16 = "atomic.u16";
    u32_comes_back: u32 = "atomic.u32";
    u64_comes_back: u64 = "atomic.u64";
    usize_comes_back: usize = "atomic.usize";
    i128_comes_back: i128 = "locked.i128";
    u128_comes_back: u128 = "locked.u128";
    f32_comes_back: f32 = "locked.f32";
    f64_comes_back: f64 = "locked.f64";
    char_comes_back: char = "locked.char";
    string_comes_back: String = "locked.string", "locked.cow", "lazy.string";
    handled_comes_back: Even = "handled.u16";
    color_comes_back: all::Color = "locked.color";
}

/// The values that the handler accepts.
#[derive(Clone, Debug)]
struct Even(u16);

impl Arbitrary for Even {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        any::<u8>().prop_map(|half| Self(u16::from(half) * 2)).boxed()
    }
}

impl From<Even> for Value {
    fn from(even: Even) -> Self {
        even.0.into()
    }
}

impl ValueType for Even {
    const KIND: sysctl::Kind = <u16 as ValueType>::KIND;
    const TYPE: &'static str = "Even";

    fn into_value(self) -> Value {
        self.into()
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        u16::from_value(value).map(Self)
    }
}

impl Arbitrary for all::Color {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        prop_oneof![Just(Self::Red), Just(Self::Green), any::<u8>().prop_map(Self::Mixed)].boxed()
    }
}

impl From<all::Color> for Value {
    fn from(color: all::Color) -> Self {
        color.to_string().into()
    }
}

/// Sets what can be set once, if it is not, and finds that again.
fn once<T: ValueType + Clone + Into<Value>>(name: &str, value: &T) {
    let _alone = alone();
    let instance = Vnet::new().or_else(|_| Vnet::base()).unwrap();
    let view = sysctl::of(&instance);
    let before = view.get(name).unwrap();
    let expected = if before == Value::Unset { value.clone().into() } else { before.clone() };
    assert_eq!(view.set(name, value.clone()).is_ok(), before == Value::Unset);
    assert_eq!(view.get(name).unwrap(), expected);
    assert!(matches!(view.set(name, expected.to_string()), Err(sysctl::Error::Refused { .. })), "once only");
    assert_eq!(view.get(name).unwrap(), expected);
}

proptest! {
    #[test]
    fn what_is_set_once_comes_back(number: i64, text: String, color: all::Color) {
        once("once.i64", &number);
        once("once.string", &text);
        once("once.color", &color);
    }

    #[test]
    fn a_pointer_is_its_address_and_a_text_itself(text in texts()) {
        let _alone = alone();
        let base = Vnet::base().unwrap();
        let view = sysctl::of(&base);
        prop_assert_eq!(view.get("pointer").unwrap(), Value::Int(0));
        prop_assert_eq!(view.get("text").unwrap(), Value::from("text"));
        for name in ["pointer", "text"] {
            let set = view.set(name, text.as_str());
            let is_read_only = matches!(set, Err(sysctl::Error::ReadOnly { .. }));
            prop_assert!(is_read_only);
        }
    }
}

fn names() -> Vec<&'static str> {
    vimage::boot().unwrap();
    let listed = sysctl::of(&Vnet::base().unwrap()).list("").unwrap();
    listed.into_iter().map(|one| one.name).collect()
}

/// Texts that are nearly values, and any others.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ +-]{0,2}(0x)?[0-9a-f]{0,50}[ .e]?[0-9]{0,9}",
        "(true|false|inf|-inf|NaN|nan|yes|1|0) ?",
        "(red|green|mixed|mixed [0-9]{1,4}) ?",
        any::<i128>().prop_map(|number| number.to_string()),
    ]
}

proptest! {
    /// Set or refused, and if refused unchanged; read in any case.
    #[test]
    fn any_text_gives_a_value_or_an_error(text in texts(), which in any::<prop::sample::Index>()) {
        let names = names();
        let name = *which.get(&names);
        let _alone = alone();
        let instance = Vnet::new().or_else(|_| Vnet::base()).unwrap();
        let view = sysctl::of(&instance);
        let before = view.get(name).unwrap();
        match view.set(name, text.as_str()) {
            Ok(()) => _ = view.get(name).unwrap(),
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                prop_assert!(same(&view.get(name).unwrap(), &before));
            }
        }
    }

    #[test]
    fn any_name_gives_a_value_or_an_error(name in prop_oneof![any::<String>(), "[a-z:.]{0,12}(::)?[a-z.]{0,12}"]) {
        let base = Vnet::base().unwrap();
        let view = sysctl::of(&base);
        let known = names().contains(&name.as_str());
        prop_assert_eq!(view.get(&name).is_ok(), known || name.starts_with("all::") && names().contains(&&name[5..]));
        _ = view.describe(&name);
        _ = vimage::symmap::lookup(&base, &name);
        let below = view.list(&name).unwrap();
        prop_assert!(below.iter().all(|one| one.name.starts_with(name.trim_end_matches('.'))));
        _ = view.tree(&name).unwrap().to_string();
    }

    #[test]
    fn what_is_out_of_the_range_is_refused(value: u64) {
        let _alone = alone();
        // Of another instance than the others use, where there are any; below 10 nothing is ever set.
        let base = Vnet::base().unwrap();
        let small = value % 20;
        let set = sysctl::of(&base).set("lazy.u64", small);
        prop_assert_eq!(set.is_ok(), small >= 10);
        prop_assert!(sysctl::of(&base).get_as::<u64>("lazy.u64").unwrap() >= 10);
    }
}
