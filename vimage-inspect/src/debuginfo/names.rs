//! The names of types, as `std::any::type_name` and as debug information write them, and whether two are of one type.

/// The longest name, and the deepest.
const LENGTH: usize = 64 << 10;
const DEPTH: u32 = 64;

/// A type by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A path and its generic arguments, without lifetimes. A number is a path too.
    Path(String, Vec<Name>),
    Tuple(Vec<Name>),
    /// `&`, `&mut `, `*const ` or `*mut `.
    Pointer(&'static str, Box<Name>),
    Slice(Box<Name>),
    Array(Box<Name>, u64),
    /// A function pointer, a trait object, or a closure: text.
    Other(String),
}

impl Name {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH { None } else { parse(text, 0) }
    }

    /// The last part of the path, or the sign that the name begins with: what candidates have in common.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Path(path, _) => path.rsplit("::").next().unwrap_or_default(),
            Self::Tuple(_) => "(",
            Self::Pointer(sign, _) => sign,
            Self::Slice(_) | Self::Array(..) => "[",
            Self::Other(_) => "",
        }
    }

    /// Returns whether debug information, which writes all arguments, can mean this type by `full`. `type_name` leaves out
    /// arguments that are the defaults.
    pub(super) fn is(&self, full: &Self) -> bool {
        let all = |own: &[Self], full: &[Self]| own.iter().zip(full).all(|(own, full)| own.is(full));
        match (self, full) {
            (Self::Path(own, arguments), Self::Path(path, full)) => {
                let Some((given, rest)) = full.split_at_checked(arguments.len()) else { return false };
                let is_std = ["std::", "alloc::", "core::", "hashbrown::"].iter().any(|std| path.starts_with(std));
                own == path && all(arguments, given) && (!is_std || rest.iter().all(is_default))
            }
            (Self::Tuple(own), Self::Tuple(full)) => own.len() == full.len() && all(own, full),
            (Self::Pointer(own, of), Self::Pointer(sign, full)) => own == sign && of.is(full),
            (Self::Slice(own), Self::Slice(full)) => own.is(full),
            (Self::Array(own, count), Self::Array(full, other)) => count == other && own.is(full),
            (Self::Other(own), Self::Other(full)) => own == full,
            _ => false,
        }
    }
}

/// The defaults that std has for generic arguments.
fn is_default(name: &Name) -> bool {
    match name {
        Name::Path(path, _) => ["alloc::alloc::Global", "std::hash::random::RandomState"].contains(&&**path),
        // Of a `LazyLock`.
        Name::Other(text) => text.starts_with("fn() -> "),
        _ => false,
    }
}

fn parse(text: &str, depth: u32) -> Option<Name> {
    let text = text.trim();
    if depth > DEPTH || text.is_empty() {
        return None;
    }
    let inner = |text: &str| parse(text, depth + 1).map(Box::new);
    for sign in ["&mut ", "*const ", "*mut ", "&"] {
        if let Some(rest) = text.strip_prefix(sign) {
            return Some(Name::Pointer(sign, inner(rest)?));
        }
    }
    if let Some(traits) = text.strip_prefix("(dyn ").and_then(|rest| rest.strip_suffix(')')) {
        return Some(Name::Other(format!("dyn {traits}")));
    }
    if ["fn(", "dyn ", "unsafe ", "extern ", "for<", "impl "].iter().any(|start| text.starts_with(start))
        || text.contains('{')
    {
        return Some(Name::Other(text.to_owned()));
    }
    if let Some(rest) = text.strip_prefix('(') {
        return Some(Name::Tuple(list(rest.strip_suffix(')')?, depth)?));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let rest = rest.strip_suffix(']')?;
        return match split(rest, b';').as_slice() {
            [element] => Some(Name::Slice(inner(element)?)),
            [element, count] => Some(Name::Array(inner(element)?, count.trim().parse().ok()?)),
            _ => None,
        };
    }
    match text.split_once('<') {
        Some((path, rest)) => Some(Name::Path(path.to_owned(), list(rest.strip_suffix('>')?, depth)?)),
        None => Some(Name::Path(text.to_owned(), Vec::new())),
    }
}

/// The names between commas, without lifetimes.
fn list(text: &str, depth: u32) -> Option<Vec<Name>> {
    let parts = split(text, b',').into_iter().map(str::trim);
    parts.filter(|part| !part.is_empty() && !part.starts_with('\'')).map(|part| parse(part, depth + 1)).collect()
}

/// Splits where no bracket is open.
fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut depth, mut start, mut before) = (Vec::new(), 0_u32, 0, 0);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'[' | b'(' | b'{' => depth += 1,
            // Not the arrow of a function.
            b'>' if before == b'-' => {}
            b'>' | b']' | b')' | b'}' => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
        before = byte;
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(type_name: &str, debug: &str) -> bool {
        Name::parse(type_name).unwrap().is(&Name::parse(debug).unwrap())
    }

    #[test]
    fn a_type_is_found_under_its_full_name() {
        for (type_name, debug) in [
            ("alloc::vec::Vec<a::E>", "alloc::vec::Vec<a::E, alloc::alloc::Global>"),
            (
                "std::collections::hash::map::HashMap<alloc::string::String, alloc::vec::Vec<u8>>",
                "std::collections::hash::map::HashMap<alloc::string::String, alloc::vec::Vec<u8, alloc::alloc::Global>, std::hash::random::RandomState, alloc::alloc::Global>",
            ),
            ("a::Point", "a::Point<u32>"),
            ("(u8,)", "(u8)"),
            ("(u8, &str)", "(u8, &str)"),
            ("[a::P<u64>; 3]", "[a::P<u64>; 3]"),
            ("alloc::borrow::Cow<'_, str>", "alloc::borrow::Cow<str>"),
            ("std::sync::lazy_lock::LazyLock<u8>", "std::sync::lazy_lock::LazyLock<u8, fn() -> u8>"),
            ("&dyn core::fmt::Debug + core::marker::Sync", "&(dyn core::fmt::Debug + core::marker::Sync)"),
            ("a::F<fn(u8, u8) -> u8>", "a::F<fn(u8, u8) -> u8>"),
        ] {
            assert!(is(type_name, debug), "{type_name}");
        }
    }

    #[test]
    fn another_type_is_not() {
        for (type_name, debug) in [
            ("a::Point<u64>", "a::Point<u32>"),
            ("a::Point", "b::Point"),
            ("alloc::vec::Vec<u8>", "alloc::vec::Vec<u8, a::Arena>"),
            ("std::collections::hash::set::HashSet<u8>", "std::collections::hash::set::HashSet<u8, a::Hasher>"),
            ("(u8, u8)", "(u8, u8, u8)"),
            ("[u8; 3]", "[u8; 4]"),
            ("&u8", "&mut u8"),
            ("&[u8]", "&u8"),
        ] {
            assert!(!is(type_name, debug), "{type_name}");
        }
    }

    #[test]
    fn no_text_is_too_strange() {
        for text in ["", "<", "a<", "a<b", "(", "[", "[u8; x]", "[;;]", "&", ",", "a<,>", "a<'_>", "->", "ä<ß>"] {
            _ = Name::parse(text);
        }
        assert_eq!(Name::parse(&"&".repeat(1000)), None);
        assert_eq!(Name::parse(&("a<".repeat(1000) + &">".repeat(1000))), None);
    }
}
