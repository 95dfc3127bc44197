//! The loop: check, make the edits that the messages ask for, and again until there is no error.

use std::collections::BTreeSet;

use super::compile::{self, Build, Finding};
use super::decide::Policy;
use super::package::Package;
use super::rules::{self, Answer, Context};
use super::scan::{self, Scan};
use super::text::{Edit, SourceFile};
use crate::exit::Failure;

/// More rounds than any port has needed: a rule that undoes the work of another one would go on for ever.
const MAX_ROUNDS: usize = 24;

/// The files while they are edited.
pub(super) struct Work<'a> {
    pub(super) package: &'a Package,
    pub(super) policy: &'a Policy,
    pub(super) files: Vec<SourceFile>,
    pub(super) scans: Vec<Scan>,
    pub(super) aliases: Vec<String>,
    pub(super) counts: Counts,
}

/// What happened to the edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) rounds: usize,
    /// Edits that a message asked for, or that the statics needed.
    pub(crate) asked: usize,
    pub(crate) done: usize,
    /// What the user has to write, with the place.
    pub(crate) left: Vec<String>,
}

impl Work<'_> {
    /// Makes edits, writes the files that change, and scans them anew.
    pub(super) fn apply(&mut self, edits: Vec<(usize, Edit)>) -> Result<usize, Failure> {
        let mut done = 0;
        for number in edits.iter().map(|(file, _)| *file).collect::<BTreeSet<_>>() {
            let of_file = edits.iter().filter(|(file, _)| *file == number).map(|(_, edit)| edit.clone()).collect();
            let made = self.files[number].apply(of_file);
            if made > 0 {
                self.files[number].write()?;
                self.scans[number] = scan_file(&self.files[number])?;
            }
            done += made;
        }
        self.counts.asked += distinct(&edits);
        self.counts.done += done;
        Ok(done)
    }

    /// Checks one build with these arguments until it compiles, or until no rule knows more. Returns whether it compiles.
    pub(super) fn settle(&mut self, build: Build, arguments: &str) -> Result<bool, Failure> {
        for _ in 0..MAX_ROUNDS {
            let findings = compile::check(self.package, &self.files, build, arguments)?;
            let is_fine = !findings.iter().any(|finding| finding.is_error);
            let (edits, left) = self.answers(&findings);
            if edits.is_empty() {
                self.counts.left.extend(left);
                return Ok(is_fine);
            }
            self.counts.rounds += 1;
            if self.apply(edits)? == 0 {
                self.counts.left.extend(left);
                return Ok(is_fine);
            }
        }
        self.counts.left.push(format!("the edits came to no end in {MAX_ROUNDS} rounds"));
        Ok(false)
    }

    fn answers(&mut self, findings: &[Finding]) -> (Vec<(usize, Edit)>, Vec<String>) {
        let context = Context { files: &self.files, scans: &self.scans, policy: self.policy, aliases: &self.aliases };
        let (mut edits, mut left) = (Vec::new(), Vec::new());
        for finding in findings {
            match rules::answer(finding, &context) {
                Answer::Edits(new) => edits.extend(new),
                Answer::Left(what) => left.push(format!("{}{what}", self.place(finding))),
                Answer::NotMine if finding.is_error => left.push(format!("{}{}", self.place(finding), finding.message)),
                Answer::NotMine => {}
            }
        }
        let aliases = self.new_aliases(&edits);
        self.aliases.extend(aliases);
        left.sort();
        left.dedup();
        (edits, left)
    }

    /// The names of imports that get `V_` now: rustc will report their uses.
    fn new_aliases(&self, edits: &[(usize, Edit)]) -> Vec<String> {
        let mut found = Vec::new();
        for (file, edit) in edits {
            let renames = self.scans[*file].renames.iter().filter(|(_, to)| edit.is_at(to.start));
            found.extend(renames.map(|(_, to)| self.files[*file].text[to.clone()].to_owned()));
        }
        found
    }

    fn place(&self, finding: &Finding) -> String {
        let Some(place) = finding.places.first() else { return String::new() };
        let file = &self.files[place.file];
        format!("{}:{}: ", self.package.relative(&file.path).display(), file.line(place.at.start))
    }
}

pub(super) fn scan_file(file: &SourceFile) -> Result<Scan, Failure> {
    scan::scan(&file.text).map_err(|error| Failure::unreadable(&file.path, error))
}

fn distinct(edits: &[(usize, Edit)]) -> usize {
    let mut seen: Vec<&(usize, Edit)> = Vec::new();
    for edit in edits {
        if !seen.contains(&edit) {
            seen.push(edit);
        }
    }
    seen.len()
}
