//! Errors about names: the closest existing one, the candidates.

use std::fmt;

/// Says that nobody bears a name.
pub(crate) fn write_unknown(f: &mut fmt::Formatter<'_>, what: &str, name: &str, closest: Option<&str>) -> fmt::Result {
    write!(f, "unknown {what} `{name}`")?;
    closest.map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
}

/// Says that several bear a name, and how to tell them apart.
pub(crate) fn write_ambiguous(f: &mut fmt::Formatter<'_>, name: &str, candidates: &[String]) -> fmt::Result {
    write!(f, "`{name}` is {}; write one of these", candidates.join(" or "))
}
