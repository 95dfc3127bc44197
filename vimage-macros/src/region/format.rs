//! Names that a format string captures.

/// The names that `{…}` in a format string take from the scope, in order, widths and precisions included.
pub(crate) fn captures(format: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = format;
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let (argument, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        names.extend(Some(argument.trim()).filter(|name| is_name(name)));
        names.extend(counts(spec));
        rest = &rest[end + 1..];
    }
    names
}

/// The names in front of the `$`s of a format specification, as in `>width$.precision$`.
fn counts(spec: &str) -> impl Iterator<Item = &str> {
    let pieces: Vec<&str> = spec.split('$').collect();
    let before = pieces.len() - 1;
    pieces.into_iter().take(before).filter_map(|piece| {
        let start = piece
            .rfind(|c: char| !is_part(c))
            .map_or(0, |at| at + piece[at..].chars().next().map_or(0, char::len_utf8));
        // What stands in front of a width can only be a flag, the last of which is `0`.
        let name = piece[start..].trim_start_matches(|c: char| c.is_ascii_digit());
        is_name(name).then_some(name)
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| is_part(c) && !c.is_ascii_digit()) && text.chars().all(is_part)
}

fn is_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
