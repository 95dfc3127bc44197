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

#[cfg(test)]
mod tests {
    use super::captures;

    #[test]
    fn arguments_widths_and_precisions_are_names() {
        let found = |format| captures(format);
        assert_eq!(found("{V_N}"), ["V_N"]);
        assert_eq!(found("{V_N:?} and {V_M:#x} {}"), ["V_N", "V_M"]);
        assert_eq!(found("{:>V_W$}"), ["V_W"]);
        assert_eq!(found("{:V_W$.V_P$}"), ["V_W", "V_P"]);
        assert_eq!(found("{V_N:*^+#0V_W$.V_P$?}"), ["V_N", "V_W", "V_P"]);
        assert_eq!(found("{ V_N :>08}"), ["V_N"]);
        assert_eq!(found("{0:1$.*}"), [""; 0]);
    }

    #[test]
    fn text_and_escaped_braces_are_not() {
        assert_eq!(captures("V_N {{V_N}} {{{V_M}}}"), ["V_M"]);
        assert_eq!(captures("V_N$ }} { unclosed"), [""; 0]);
    }
}
