//! Loads topologies: from files, or those that come with the program.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::error::{MOST_BYTES, TopologyError};
use super::graph::Topology;
use crate::lab::names;

const ABILENE: &str = include_str!("../../../topologies/topozoo/Abilene.json");

/// The files that come with the program, by name; a name is found in any case.
pub const BUNDLED: [(&str, &str); 6] = [
    ("abilene", ABILENE),
    ("topozoo/Abilene", ABILENE),
    ("sndlib/abilene", include_str!("../../../topologies/sndlib/abilene.json")),
    ("sndlib/newyork", include_str!("../../../topologies/sndlib/newyork.json")),
    ("sndlib/nobel-germany", include_str!("../../../topologies/sndlib/nobel-germany.json")),
    ("sndlib/polska", include_str!("../../../topologies/sndlib/polska.json")),
];

impl Topology {
    /// Reads a file; if there is none, uses the bundled topology of this name.
    pub fn load(file: &str) -> Result<Self, TopologyError> {
        let path = Path::new(file);
        if !path.exists()
            && let Some((name, text)) = BUNDLED.iter().find(|(name, _)| name.eq_ignore_ascii_case(file))
        {
            return Self::parse(name, text.as_bytes());
        }
        let unreadable = |source: std::io::Error| match source.kind() {
            ErrorKind::NotFound => not_there(file),
            _ => TopologyError::Read { file: file.to_owned(), source },
        };
        let mut text = Vec::new();
        fs::File::open(path).map_err(unreadable)?.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(TopologyError::TooLong { file: file.to_owned() });
        }
        Self::parse(file, &text)
    }
}

fn not_there(file: &str) -> TopologyError {
    let names = || BUNDLED.iter().map(|(name, _)| *name);
    // Also without the folder, which is easily forgotten.
    let last = names().find(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(file)));
    let closest = last.or_else(|| names::closest(file, names()));
    TopologyError::NotThere {
        file: file.to_owned(),
        hint: closest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default(),
        bundled: names().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_topologies_are_sound() {
        let sizes: Vec<(usize, usize)> = BUNDLED
            .iter()
            .map(|(name, _)| Topology::load(name).unwrap())
            .map(|topology| (topology.nodes.len(), topology.edges.len()))
            .collect();
        assert_eq!(sizes, [(11, 14), (11, 14), (12, 15), (16, 49), (17, 26), (12, 18)]);
    }

    #[test]
    fn bundled_topologies_go_by_their_names_in_any_case() {
        assert_eq!(Topology::load("TOPOZOO/abilene").unwrap().name, "abilene");
        for (name, message) in [
            ("polska", "sndlib/nobel-germany, sndlib/polska; did you mean `sndlib/polska`?"),
            ("sndlib/newyrok", "did you mean `sndlib/newyork`?"),
            ("zoo", "no such file; bundled topologies: abilene, topozoo/Abilene, sndlib/abilene"),
        ] {
            let error = Topology::load(name).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
