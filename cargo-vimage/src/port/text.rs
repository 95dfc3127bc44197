//! The text of a source file, and edits in it.
//!
//! An edit says which text it expects at its place, so that a wrong place is never written to. All that no edit names stays
//! byte for byte: a byte order mark, line ends, characters that are not ASCII.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One source file.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// The text as it was before the first edit, for the difference and for going back.
    original: String,
    /// The text without a byte order mark.
    pub(super) text: String,
    has_mark: bool,
}

impl SourceFile {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let original = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, error))?;
        let text = original.strip_prefix(BYTE_ORDER_MARK);
        let has_mark = text.is_some();
        Ok(Self { path: path.to_owned(), text: text.unwrap_or(&original).to_owned(), has_mark, original })
    }

    /// The place in `text` of a place in the file, as compilers count it.
    pub(super) fn place(&self, in_file: usize) -> Option<usize> {
        in_file.checked_sub(if self.has_mark { BYTE_ORDER_MARK.len() } else { 0 })
    }

    /// The line end of this file.
    pub(super) fn line_end(&self) -> &'static str {
        let first = self.text.find('\n');
        if first.is_some_and(|at| self.text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
    }

    /// The number of the line at a place, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// The beginning of the line at a place.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// The text between the beginning of the line and a place, if it is white space only.
    pub(super) fn indent(&self, at: usize) -> Option<&str> {
        let before = &self.text[self.line_start(at)..at];
        before.trim().is_empty().then_some(before)
    }

    /// What stands in the file now.
    pub(super) fn contents(&self) -> String {
        if self.has_mark { format!("{BYTE_ORDER_MARK}{}", self.text) } else { self.text.clone() }
    }

    pub(super) fn original(&self) -> &str {
        &self.original
    }

    pub(super) fn is_changed(&self) -> bool {
        self.contents() != self.original
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        fs::write(&self.path, self.contents()).map_err(|error| Failure::unreadable(&self.path, error))
    }

    /// Makes the edits that fit the text and do not overlap; returns how many. The same edit twice is one.
    pub(super) fn apply(&mut self, mut edits: Vec<Edit>) -> usize {
        edits.sort_by(|one, other| {
            (one.at.start, one.at.end, &one.new).cmp(&(other.at.start, other.at.end, &other.new))
        });
        edits.dedup();
        edits.retain(|edit| self.text.get(edit.at.clone()) == Some(edit.expected.as_str()));
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        let mut done = 0;
        for edit in edits {
            if edit.at.start < copied {
                continue;
            }
            text.push_str(&self.text[copied..edit.at.start]);
            text.push_str(&edit.new);
            copied = edit.at.end;
            done += 1;
        }
        text.push_str(&self.text[copied..]);
        self.text = text;
        done
    }
}

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    at: Range<usize>,
    expected: String,
    new: String,
}

impl Edit {
    pub(super) fn insert(at: usize, new: impl Into<String>) -> Self {
        Self { at: at..at, expected: String::new(), new: new.into() }
    }

    pub(super) fn is_at(&self, at: usize) -> bool {
        self.at.start == at
    }

    pub(super) fn replace(at: Range<usize>, expected: impl Into<String>, new: impl Into<String>) -> Self {
        Self { at, expected: expected.into(), new: new.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile { path: PathBuf::new(), original: text.to_owned(), text: text.to_owned(), has_mark: false }
    }

    #[test]
    fn edits_stand_at_their_places() {
        let mut file = file("a + b + ä + c");
        let edits = vec![
            Edit::insert(13, "V_"),
            Edit::insert(0, "V_"),
            Edit::insert(0, "V_"),
            Edit::replace(8..10, "ä", "ö"),
            Edit::replace(4..5, "x", "y"),
        ];
        assert_eq!((file.apply(edits), &*file.text), (3, "V_a + b + ö + V_c"));
    }

    #[test]
    fn edits_that_overlap_wait_for_the_next_round() {
        let mut file = file("abcdef");
        let edits = vec![Edit::replace(0..4, "abcd", "x"), Edit::replace(2..6, "cdef", "y")];
        assert_eq!((file.apply(edits), &*file.text), (1, "xef"));
    }

    #[test]
    fn lines_end_as_they_did() {
        assert_eq!(file("a\r\nb\r\n").line_end(), "\r\n");
        assert_eq!(file("a\nb\r\n").line_end(), "\n");
        assert_eq!(file("a\r\n  b").indent(5), Some("  "));
        assert_eq!(file("a\r\n  b").line(5), 2);
    }
}
