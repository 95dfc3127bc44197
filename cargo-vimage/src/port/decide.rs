//! What each static is to be: one value per instance, or one for all.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::str::FromStr;

use super::scan::{Decision, Kind, Static};
use super::text::SourceFile;

/// `FILE:NAME[:keep|:shared]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    file: String,
    name: String,
    decision: Decision,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, decision) = match text.rsplit_once(':') {
            Some((rest, "keep")) => (rest, Decision::Keep),
            Some((rest, "shared")) => (rest, Decision::Shared),
            Some((rest, "virtualized")) => (rest, Decision::Virtualized),
            _ => (text, Decision::Virtualized),
        };
        let (file, name) = rest.rsplit_once(':').ok_or("expected `FILE:NAME`, such as `src/lib.rs:LOGGER`")?;
        Ok(Self { file: file.to_owned(), name: name.to_owned(), decision })
    }
}

impl Named {
    pub(crate) fn new(file: &str, name: &str, decision: Decision) -> Self {
        Self { file: file.to_owned(), name: name.to_owned(), decision }
    }

    fn is_about(&self, file: &Path, found: &Static) -> bool {
        file.ends_with(&self.file) && found.name == self.name
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.name)
    }
}

/// What happens to a static that is not named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Undecided {
    /// Ask on the terminal; without one, list them and stop
    #[default]
    Ask,
    /// One value for all instances
    Shared,
    /// One value per instance
    Virtualized,
    /// Every static has to be named, and every name has to be that of a static.
    #[value(skip)]
    Named,
}

/// All decisions.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) named: Vec<Named>,
    pub(super) undecided: Undecided,
}

impl Policy {
    /// The decision about a static; `None` if the user has to make it.
    pub(super) fn of(&self, file: &SourceFile, found: &Static) -> Option<Decision> {
        if let Some(named) = self.named.iter().find(|named| named.is_about(&file.path, found)) {
            return Some(named.decision);
        }
        match self.undecided {
            // One test at a time has it, or it is a helper of the tests.
            _ if found.in_tests || found.kind == Kind::Foreign => Some(Decision::Shared),
            Undecided::Ask | Undecided::Named => None,
            Undecided::Shared => Some(Decision::Shared),
            Undecided::Virtualized => Some(Decision::Virtualized),
        }
    }

    /// The names that are those of no static.
    pub(super) fn unknown<'p>(&'p self, files: &[(&SourceFile, &[Static])]) -> Vec<&'p Named> {
        let exists = |named: &Named| {
            files.iter().any(|(file, statics)| statics.iter().any(|found| named.is_about(&file.path, found)))
        };
        self.named.iter().filter(|named| !exists(named)).collect()
    }

    /// Asks about a static. Returns `false` if there is nobody to ask.
    pub(super) fn ask(&mut self, file: &SourceFile, shown: &Path, found: &Static) -> bool {
        if self.undecided != Undecided::Ask || !io::stdin().is_terminal() {
            return false;
        }
        let ty = &file.text[found.ty.clone()];
        eprintln!("{}:{}: static {}: {ty}", shown.display(), file.line(found.name_at.start), found.name);
        let Some(decision) = choose(&mut io::stdin().lock(), &mut io::stderr()) else { return false };
        self.named.push(Named::new(&shown.to_string_lossy(), &found.name, decision));
        true
    }
}

/// Asks until there is an answer; `None` if the answers end.
fn choose(answers: &mut impl BufRead, questions: &mut impl Write) -> Option<Decision> {
    loop {
        // An answer counts also if the question could not be shown.
        _ = write!(questions, "  [v]irtualized (one value per instance), [k]eep (the same, never freed), [s]hared? ");
        _ = questions.flush();
        let mut line = String::new();
        if answers.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        match line.trim() {
            "v" => return Some(Decision::Virtualized),
            "k" => return Some(Decision::Keep),
            "s" => return Some(Decision::Shared),
            _ => {}
        }
    }
}

impl Decision {
    /// The attribute that says it.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Decision::Virtualized => "#[vimage::virtualized]",
            Decision::Keep => "#[vimage::virtualized(keep)]",
            Decision::Shared => "#[vimage::shared]",
        }
    }

    /// The word that stands for it in reports and recipes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Decision::Virtualized => "virtualized",
            Decision::Keep => "keep",
            Decision::Shared => "shared",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_is_named_by_its_file() {
        let named = |text: &str| text.parse::<Named>();
        assert_eq!(named("src/lib.rs:A"), Ok(Named::new("src/lib.rs", "A", Decision::Virtualized)));
        assert_eq!(named("src/lib.rs:A:keep"), Ok(Named::new("src/lib.rs", "A", Decision::Keep)));
        assert_eq!(named("src/lib.rs:A:shared"), Ok(Named::new("src/lib.rs", "A", Decision::Shared)));
        assert!(named("A").is_err());
    }

    #[test]
    fn a_question_is_asked_until_it_is_answered() {
        let ask = |mut answers: &[u8]| {
            let mut questions = Vec::new();
            let decision = choose(&mut answers, &mut questions);
            (decision, String::from_utf8(questions).unwrap().matches("[k]eep").count())
        };
        assert_eq!(ask(b"v\n"), (Some(Decision::Virtualized), 1));
        assert_eq!(ask(b" k \nv\n"), (Some(Decision::Keep), 1));
        assert_eq!(ask(b"what?\n\ns"), (Some(Decision::Shared), 3));
        assert_eq!(ask(b""), (None, 1));
        assert_eq!(ask(b"yes\n"), (None, 2));
    }
}
