//! Names from files and from the command line: safe to print, and suggestions for unknown ones.

use std::borrow::Cow;

/// The number of names in a hint that has no suggestion.
const SHOWN: usize = 5;
/// Longer texts get no suggestion: distances would take long, and no name is similar.
const LONGEST: usize = 256;

/// The end of a message about an unknown name: a suggestion, or else some of the names.
pub fn hint<'n>(wanted: &str, names: impl ExactSizeIterator<Item = &'n str> + Clone) -> String {
    if let Some(closest) = closest(wanted, names.clone()) {
        return format!("did you mean `{closest}`?");
    }
    let count = names.len();
    let some: Vec<String> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = count.saturating_sub(SHOWN);
    if more > 0 {
        format!("there are {} and {more} more", some.join(", "))
    } else {
        format!("there are {}", some.join(", "))
    }
}

/// The most similar name, if at most half of the longer one differs.
pub fn closest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = wanted.to_lowercase();
    let length = wanted.chars().count();
    if length > LONGEST {
        return None;
    }
    let distance = |name: &'n str| {
        let lower = name.to_lowercase();
        let longer = length.max(lower.chars().count());
        let distance = strsim::damerau_levenshtein(&wanted, &lower);
        (2 * distance <= longer).then_some((distance, name))
    };
    // The first one, if several are equally near.
    names.filter_map(distance).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// A text that is safe to print: characters that move the cursor, change colours or the direction of writing are
/// escaped.
pub fn printable(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if acts(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_offered() {
        let names = ["New York", "Seattle", "Denver"];
        for (wanted, expected) in [
            ("seatle", Some("Seattle")),
            ("new_york", Some("New York")),
            ("xyzzy", None),
            ("", None),
            ("Dnv", Some("Denver")),
        ] {
            assert_eq!(closest(wanted, names.into_iter()), expected, "{wanted}");
        }
        assert_eq!(closest(&"Denver".repeat(1000), names.into_iter()), None);
    }

    #[test]
    fn otherwise_some_are_listed() {
        assert_eq!(hint("xyzzy", ["Rome", "Oslo"].into_iter()), "there are `Rome`, `Oslo`");
        assert_eq!(hint("xyzzy", ["a"; 7].into_iter()), "there are `a`, `a`, `a`, `a`, `a` and 2 more");
    }

    #[test]
    fn what_would_act_on_a_terminal_is_escaped() {
        assert!(matches!(printable("Zürich 東京 \\"), Cow::Borrowed("Zürich 東京 \\")));
        assert_eq!(printable("a\x1b[31mb\r\n\u{9b}c\u{202e}"), "a\\u{1b}[31mb\\r\\n\\u{9b}c\\u{202e}");
    }
}
