//! Suggestions for names that were not found.

/// The name that the user may have meant. Of `module::name` only what follows the path is compared.
pub(crate) fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let bare = name.rsplit_once("::").map_or(name, |(_, bare)| bare);
    // The distance of very long texts takes long to find, and no name is like them.
    if bare.len() > 256 {
        return None;
    }
    names
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(bare, known), known))
        .filter(|&(distance, known)| distance * 2 <= bare.len().max(known.len()))
        .min()
        .map(|(_, known)| known.to_owned())
}
