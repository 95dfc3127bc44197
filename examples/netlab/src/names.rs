//! What to say when a name is not known.

/// How many names are shown where none is near.
const SHOWN: usize = 5;
/// Distances of very long texts take long, and no name is like them.
const LONGEST: usize = 256;

/// The end of a message about `wanted`: the name that may have been meant, or else some of those there are.
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

/// The name that is near enough to have been meant, if there is one: at most half of the longer one differs.
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
    // The first of those that are equally near.
    names.filter_map(distance).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
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
}
