//! Types, from what `std::any::type_name` writes.

use std::fmt;

/// The deepest type that is read.
const DEPTH: u32 = 8;

/// A type whose layout is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A number, `bool` or `char`, also as an atomic.
    Scalar(Scalar),
    /// `&str`.
    Str,
    String,
    Array(Box<Type>, u64),
    Option(Box<Type>),
    Vec(Box<Type>),
    /// A `Box` of a value whose size is known.
    Boxed(Box<Type>),
    Wrapped(Wrapper, Box<Type>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool,
    Char,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
}

/// A lock or cell of std around a value. The numbers are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapper {
    Mutex = 0,
    RwLock = 1,
    OnceLock = 2,
    LazyLock = 3,
}

const SCALARS: [(&str, Scalar); 16] = [
    ("bool", Scalar::Bool),
    ("char", Scalar::Char),
    ("i8", Scalar::I8),
    ("i16", Scalar::I16),
    ("i32", Scalar::I32),
    ("i64", Scalar::I64),
    ("i128", Scalar::I128),
    ("isize", Scalar::I64),
    ("u8", Scalar::U8),
    ("u16", Scalar::U16),
    ("u32", Scalar::U32),
    ("u64", Scalar::U64),
    ("u128", Scalar::U128),
    ("usize", Scalar::U64),
    ("f32", Scalar::F32),
    ("f64", Scalar::F64),
];

impl Scalar {
    fn named(name: &str) -> Option<Self> {
        SCALARS.iter().find(|(own, _)| *own == name).map(|(_, scalar)| *scalar)
    }

    /// The atomic of this name: `AtomicU32`.
    fn atomic(name: &str) -> Option<Self> {
        let name = name.strip_prefix("Atomic")?;
        Self::named(&name.to_lowercase()).filter(|_| name.starts_with(|first: char| first.is_ascii_uppercase()))
    }

    /// Which is its alignment too.
    pub(crate) fn size(self) -> u64 {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::Char | Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::I128 | Self::U128 => 16,
        }
    }
}

/// `None` for a type of the program, and for one of std that is not among these.
pub(crate) fn parse(name: &str) -> Option<Type> {
    parse_at(name, 0)
}

fn parse_at(name: &str, depth: u32) -> Option<Type> {
    let name = name.trim();
    if depth > DEPTH {
        return None;
    }
    if let Some(scalar) = Scalar::named(name) {
        return Some(Type::Scalar(scalar));
    }
    if name == "&str" || name == "&'static str" {
        return Some(Type::Str);
    }
    if let Some(array) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let (element, count) = array.rsplit_once(';')?;
        return Some(Type::Array(Box::new(parse_at(element, depth + 1)?), count.trim().parse().ok()?));
    }
    let (path, arguments) = match name.split_once('<') {
        Some((path, rest)) => (path, Some(first(rest.strip_suffix('>')?))),
        None => (name, None),
    };
    // Only the standard library's: a program can have a `Mutex` of its own.
    let krate = path.split("::").next()?;
    let last = path.rsplit("::").next()?;
    if !["core", "std", "alloc"].contains(&krate) || krate == last {
        return None;
    }
    let inner = || Some(Box::new(parse_at(arguments?, depth + 1)?));
    match (last, arguments) {
        ("String", None) => Some(Type::String),
        ("Option", _) => Some(Type::Option(inner()?)),
        ("Vec", _) => Some(Type::Vec(inner()?)),
        ("Box", _) => Some(Type::Boxed(inner()?)),
        ("Mutex", _) => Some(Type::Wrapped(Wrapper::Mutex, inner()?)),
        ("RwLock", _) => Some(Type::Wrapped(Wrapper::RwLock, inner()?)),
        ("OnceLock", _) => Some(Type::Wrapped(Wrapper::OnceLock, inner()?)),
        ("LazyLock", _) => Some(Type::Wrapped(Wrapper::LazyLock, inner()?)),
        // The value of an `AtomicPtr` is its address.
        ("AtomicPtr", Some(_)) => Some(Type::Scalar(Scalar::U64)),
        ("Atomic", Some(pointer)) if pointer.starts_with('*') => Some(Type::Scalar(Scalar::U64)),
        ("Atomic", Some(scalar)) => Scalar::named(scalar).map(Type::Scalar),
        (_, None) => Scalar::atomic(last).map(Type::Scalar),
        _ => None,
    }
}

/// The first of several generic arguments.
fn first(arguments: &str) -> &str {
    let mut depth = 0_u32;
    for (index, byte) in arguments.bytes().enumerate() {
        match byte {
            b'<' | b'[' | b'(' => depth += 1,
            b'>' | b']' | b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return &arguments[..index],
            _ => {}
        }
    }
    arguments
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => write!(f, "{}", format!("{scalar:?}").to_lowercase()),
            Self::Str => f.write_str("&str"),
            Self::String => f.write_str("String"),
            Self::Array(element, count) => write!(f, "[{element}; {count}]"),
            Self::Option(value) => write!(f, "Option<{value}>"),
            Self::Vec(element) => write!(f, "Vec<{element}>"),
            Self::Boxed(value) => write!(f, "Box<{value}>"),
            Self::Wrapped(wrapper, value) => write!(f, "{wrapper:?}<{value}>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, AtomicUsize};
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock};

    use super::*;

    fn text<T>() -> String {
        parse(std::any::type_name::<T>()).map_or_else(|| "unknown".to_owned(), |found| found.to_string())
    }

    #[test]
    fn types_are_known_by_the_names_that_rustc_gives_them() {
        let found = [
            text::<u8>(),
            text::<AtomicUsize>(),
            text::<AtomicBool>(),
            text::<AtomicPtr<u8>>(),
            text::<[AtomicU64; 11]>(),
            text::<&'static str>(),
            text::<Mutex<String>>(),
            text::<RwLock<Option<char>>>(),
            text::<OnceLock<Mutex<f32>>>(),
            text::<LazyLock<[u16; 2]>>(),
            text::<LazyLock<[AtomicU16; 2], fn() -> [AtomicU16; 2]>>(),
        ];
        let expected = [
            "u8",
            "u64",
            "bool",
            "u64",
            "[u64; 11]",
            "&str",
            "Mutex<String>",
            "RwLock<Option<char>>",
            "OnceLock<Mutex<f32>>",
            "LazyLock<[u16; 2]>",
            "LazyLock<[u16; 2]>",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn other_types_are_unknown() {
        struct Mutex<T>(std::marker::PhantomData<T>);
        let found = [
            text::<Mutex<u8>>(),
            text::<(u8, u8)>(),
            text::<Box<[u8]>>(),
            text::<std::rc::Rc<u8>>(),
            text::<std::cell::Cell<u8>>(),
        ];
        assert_eq!(found, ["unknown"; 5]);
        for name in [
            "",
            "[",
            "[u8]",
            "[u8; x]",
            "core::",
            "std::Mutex<",
            "std::Mutex<u8",
            "std::Atomic",
            "core::option::Option",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
        let deep = "core::option::Option<".repeat(1000) + "u8" + &">".repeat(1000);
        assert_eq!(parse(&deep), None);
    }
}
