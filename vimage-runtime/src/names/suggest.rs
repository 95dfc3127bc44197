//! Messages about names that are unknown or ambiguous.

use std::fmt;

/// Writes that no entry has this name.
pub(crate) fn write_unknown(f: &mut fmt::Formatter<'_>, what: &str, name: &str, closest: Option<&str>) -> fmt::Result {
    write!(f, "unknown {what} `{name}`")?;
    closest.map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
}

/// Writes that several entries have this name, and the names that identify each.
pub(crate) fn write_ambiguous(f: &mut fmt::Formatter<'_>, name: &str, candidates: &[String]) -> fmt::Result {
    write!(f, "`{name}` is {}; write one of these", candidates.join(" or "))
}
