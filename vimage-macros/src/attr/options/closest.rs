//! Suggestions for options that do not exist.

/// The name that is most like `text`, if one is. The runtime has the same function for the names of modules and sysctls;
/// the macros cannot export it.
pub(super) fn closest<'a>(text: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().map(|name| (distance(text, name), *name));
    near.filter(|(distance, name)| distance * 2 <= text.len().max(name.len())).min().map(|(_, name)| name)
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
