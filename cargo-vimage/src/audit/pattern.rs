//! Patterns for paths and crates: `*` stands for any text.

use serde::Deserialize;

/// A pattern, as it is written in the knowledge base and in allow-lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Pattern(String);

impl Pattern {
    /// A pattern for exactly this crate or path.
    #[cfg(test)]
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }

    /// Compares names of crates, in which `-` and `_` are the same.
    pub(super) fn matches_crate(&self, name: &str) -> bool {
        Self(self.0.replace('-', "_")).matches(&name.replace('-', "_"))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).matches(text);
        assert!(matches("LOGGER", "LOGGER") && !matches("LOGGER", "LOGGERS") && !matches("LOGGER", "a::LOGGER"));
        assert!(matches("*", "") && matches("*", "a::B") && matches("a::*", "a::b::C") && !matches("a::*", "b::C"));
        assert!(matches("*::__CALLSITE", "a::f::__CALLSITE") && !matches("*::__CALLSITE", "a::f::__CALLSITE2"));
        assert!(
            matches("a*b*c", "a1b2c") && !matches("a*b*c", "a1c") && !matches("ab*b", "ab"),
            "parts do not overlap"
        );
        assert!(Pattern::new("tracing-core").matches_crate("tracing_core"));
    }
}
