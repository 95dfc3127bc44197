//! The path of a global, from the name of its symbol.

use rustc_demangle::try_demangle;

/// The crate and the path of a global, as its author would write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GlobalPath {
    /// The name of the crate as Rust code writes it; none for C.
    pub(super) krate: Option<String>,
    /// Without the crate.
    pub(super) path: String,
}

/// What a static points to, if that is writable, has a symbol of its own: in a namespace of the compiler, so that its path is
/// the one of the static. Returns the path, with the hash of the crate.
pub(super) fn pointed_to_by(symbol: &str) -> Option<String> {
    symbol.starts_with("_RNn").then(|| with_hash(symbol))
}

/// The demangled name with the hash of the crate.
pub(super) fn with_hash(symbol: &str) -> String {
    try_demangle(symbol).map_or_else(|_| symbol.to_owned(), |demangled| demangled.to_string())
}

/// The name of a crate with its hash, by which two crates of one name differ.
pub(super) fn crate_with_hash(symbol: &str, krate: &str) -> String {
    let name = with_hash(symbol);
    let start = name.find(&format!("{krate}[")).unwrap_or(0);
    name[start..].split_inclusive(']').next().unwrap_or_default().to_owned()
}

/// The name of a symbol without what the optimizer appends: to the parts of a static that it split (`.0`), to one that it
/// moved between codegen units (`.llvm.123`).
pub(super) fn without_suffix(symbol: &str) -> &str {
    match symbol.split_once('.') {
        Some((name, _)) if try_demangle(name).is_ok() => name,
        _ => symbol,
    }
}

impl GlobalPath {
    /// Demangles a symbol. What macros put around the name of a static is left out.
    pub(super) fn of_symbol(symbol: &str) -> Self {
        let symbol = without_suffix(symbol);
        let Ok(demangled) = try_demangle(symbol) else { return Self { krate: None, path: symbol.to_owned() } };
        let demangled = format!("{demangled:#}");
        let mut segments = segments(&demangled);
        // `thread_local!` makes a constant, with the static in a closure of it.
        if let Some(constant) =
            segments.iter().position(|name| name.starts_with("{K#") || name.starts_with("{{constant}}"))
        {
            segments.truncate(constant);
        }
        // The entry of a virtualized variable.
        if segments.last().is_some_and(|last| *last == super::binary::VARIABLE) {
            segments.pop();
        }
        let path = match segments[..] {
            // `lazy_static!` implements `Deref` for a type with the name of the static.
            [implementation, "deref", "__stability", "LAZY"] => {
                self_type(implementation).unwrap_or(implementation).to_owned()
            }
            _ => segments.join("::"),
        };
        let root = path.trim_start_matches(|char: char| !(char.is_alphanumeric() || char == '_'));
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
        let krate = root.split_once("::").map(|(name, _)| name).filter(|name| is_name(name)).map(str::to_owned);
        let rest = krate.as_ref().and_then(|krate| path.strip_prefix(krate.as_str())?.strip_prefix("::"));
        Self { path: rest.unwrap_or(&path).to_owned(), krate }
    }

    /// The name of the static itself.
    pub(super) fn name(&self) -> &str {
        segments(&self.path).last().copied().unwrap_or_default()
    }
}

impl std::fmt::Display for GlobalPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.krate {
            // The path of something in an `impl` contains the crate.
            Some(krate) if !self.path.starts_with('<') => write!(formatter, "{krate}::{}", self.path),
            _ => formatter.write_str(&self.path),
        }
    }
}

/// Splits a path at each `::` that is in no brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // The arrow of a function's type closes nothing.
            b'>' if at > 0 && path.as_bytes()[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && path[at..].starts_with("::") => {
                segments.push(&path[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    segments.push(&path[start..]);
    segments
}

/// `X` of `<X as core::ops::deref::Deref>`.
fn self_type(implementation: &str) -> Option<&str> {
    implementation.strip_prefix('<')?.strip_suffix(" as core::ops::deref::Deref>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_macros_put_around_a_name() {
        for (symbol, path, name) in [
            ("_RNvCs7uhaiCp2IgQ_2fx5COUNT", "fx::COUNT", "COUNT"),
            ("_RNvNCNKNvCs7uhaiCp2IgQ_2fx2TL0023___RUST_STD_INTERNAL_VAL", "fx::TL", "TL"),
            ("_ZN3log6LOGGER17h0123456789abcdefE", "log::LOGGER", "LOGGER"),
            ("_ZN3log6LOGGER17h0123456789abcdefE.llvm.123456", "log::LOGGER", "LOGGER"),
            ("_RNvCs7uhaiCp2IgQ_2fx5COUNT.0", "fx::COUNT", "COUNT"),
            ("completed.0", "completed.0", "completed.0"),
            ("environ", "environ", "environ"),
        ] {
            let found = GlobalPath::of_symbol(symbol);
            assert_eq!((found.to_string().as_str(), found.name()), (path, name), "{symbol}");
        }
    }

    #[test]
    fn brackets_are_no_paths() {
        assert_eq!(segments("<a::B as c::D<e::F>>::f::G"), ["<a::B as c::D<e::F>>", "f", "G"]);
        assert_eq!(segments("<fn(a::A) -> b::B as c::C>::D"), ["<fn(a::A) -> b::B as c::C>", "D"]);
        assert_eq!(segments("a::{closure#0}::B"), ["a", "{closure#0}", "B"]);
    }
}
