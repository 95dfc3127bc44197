//! What is found in the text of a crate.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::uses::Uses;

/// What an attribute of vimage says about a static.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// No attribute.
    None,
    /// `#[virtualized]`
    Virtualized,
    /// `#[shared]`
    Shared,
}

/// One `static` of the text.
#[derive(Debug, Clone)]
pub(crate) struct Static {
    pub(crate) name: String,
    /// As it is written.
    pub(crate) ty: String,
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) mark: Mark,
    /// Whether it is `static mut`.
    pub(crate) is_mut: bool,
    /// The names in its initializer that other statics may have.
    pub(crate) reads: Vec<String>,
    /// Whether other crates can name it, or may.
    pub(crate) is_public: bool,
    /// The macro whose input contains it: `thread_local!`, `lazy_static!`, `virtualize!`.
    pub(crate) made_by: Option<String>,
    /// The conditions of the static and of the modules around it, as they are written: `unix`, `feature = "x"`.
    pub(crate) cfg: Vec<String>,
}

/// A use of a macro, or its `macro_rules!`, which may have made a static that the text does not show.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// As it is written: `tracing::info`.
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) lines: Range<usize>,
    /// The names in its input that a static may have.
    pub(crate) names: Vec<String>,
}

/// The statics and macro invocations of a crate.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) statics: Vec<Static>,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) uses: Uses,
    /// Files that could not be read or parsed, and why. What is in them stays unexplained.
    pub(crate) unread: Vec<(PathBuf, String)>,
}

impl Source {
    /// The static with this name that is nearest to the line of the file. Attributes and macros move a static by some
    /// lines, so that the name decides and the line chooses among several.
    pub(crate) fn find(&self, name: &str, file: &Path, line: usize) -> Option<&Static> {
        let named = self.statics.iter().filter(|item| item.name == name && item.file == file);
        named.min_by_key(|item| item.line.abs_diff(line))
    }

    /// The only static with this name.
    pub(crate) fn only(&self, name: &str) -> Option<&Static> {
        let mut named = self.statics.iter().filter(|item| item.name == name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether it has a static with this name.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.statics.iter().any(|item| item.name == name)
    }

    /// The statics that a static reads when it gets its value. Functions that it calls are not followed.
    pub(crate) fn read_by<'s>(&'s self, item: &'s Static) -> impl Iterator<Item = &'s str> {
        let names = item.reads.iter().chain(self.uses.reads(&item.name)).map(String::as_str);
        names.filter(|name| *name != item.name && self.declares(name.strip_prefix("V_").unwrap_or(name)))
    }

    /// The innermost macro invocation around the line.
    pub(crate) fn invocation_at(&self, file: &Path, line: usize) -> Option<&Invocation> {
        // On one line the inner one comes later.
        let around = self.invocations.iter().rev().filter(|at| at.file == file && at.lines.contains(&line));
        around.min_by_key(|at| at.lines.len())
    }

    /// The use of a macro that was given the name.
    pub(crate) fn invocation_with(&self, macro_: &str, name: &str) -> Option<&Invocation> {
        let is_it =
            |at: &&Invocation| at.name.rsplit("::").next() == Some(macro_) && at.names.iter().any(|of| of == name);
        self.invocations.iter().find(is_it)
    }
}

/// The mark of an attribute whose path ends in this name.
pub(super) fn mark_named(name: &str) -> Mark {
    match name {
        "virtualized" => Mark::Virtualized,
        "shared" => Mark::Shared,
        _ => Mark::None,
    }
}

/// The text with each run of white space as one space.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
