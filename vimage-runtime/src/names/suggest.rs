//! Errors about names: the closest existing one, the candidates.

use std::fmt;

/// The name that the user may have meant.
pub(crate) fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let bare = name.rsplit_once("::").map_or(name, |(_, bare)| bare);
    // Distances of very long texts take long, and no name is like them.
    if bare.len() > 256 {
        return None;
    }
    names
        .map(|known| (strsim::damerau_levenshtein(bare, known), known))
        .filter(|&(distance, known)| distance * 2 <= bare.len().max(known.len()))
        .min()
        .map(|(_, known)| known.to_owned())
}

/// Says that nobody bears a name.
pub(crate) fn write_unknown(f: &mut fmt::Formatter<'_>, what: &str, name: &str, closest: Option<&str>) -> fmt::Result {
    write!(f, "unknown {what} `{name}`")?;
    closest.map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
}

/// Says that several bear a name, and how to tell them apart.
pub(crate) fn write_ambiguous(f: &mut fmt::Formatter<'_>, name: &str, candidates: &[String]) -> fmt::Result {
    write!(f, "`{name}` is {}; write one of these", candidates.join(" or "))
}
