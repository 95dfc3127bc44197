//! Suggestions for names that were not found.

/// The existing name that is most like `name`, if one is. Of `module::name` only what follows the path is compared.
pub(crate) fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let bare = name.rsplit_once("::").map_or(name, |(_, bare)| bare);
    // Comparing takes time by the product of the lengths, and no name is this long.
    if bare.len() > 256 {
        return None;
    }
    names
        .into_iter()
        .map(|known| (distance(bare, known), known))
        .filter(|&(distance, known)| distance * 2 <= bare.len().max(known.len()))
        .min()
        .map(|(_, known)| known.to_owned())
}

/// The number of edits from one text to the other: characters inserted, deleted, replaced, or swapped with the next.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    // `rows[i][j]` is the distance between the first `i` and the first `j` characters.
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
                let swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                let edits = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if swapped { edits.min(rows[i - 2][j - 2] + 1) } else { edits }
            };
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::{closest, distance};

    #[test]
    fn edits_are_counted() {
        for (from, to, edits) in [
            ("", "", 0),
            ("foo", "foo", 0),
            ("", "foo", 3),
            ("loif", "lo", 2),
            ("mode", "node", 1),
            ("mdoe", "mode", 1),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("é", "e", 1),
        ] {
            assert_eq!((distance(from, to), distance(to, from)), (edits, edits), "{from} {to}");
        }
    }

    #[test]
    fn only_similar_names_are_suggested() {
        let names = ["loif", "ether", "inet"];
        assert_eq!(closest("lofi", names).as_deref(), Some("loif"));
        assert_eq!(closest("my_crate::ethre", names).as_deref(), Some("ether"));
        assert_eq!(closest("routing", names), None);
        assert_eq!(closest(&"x".repeat(300), names), None);
    }
}
