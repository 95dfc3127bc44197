//! `cargo vimage explain CODE`: the section of the book about a message of the macros.

use std::io::{ErrorKind, Write};
use std::path::Path;

use clap::Args;

use crate::exit::Failure;

/// A chapter of the book; here by a link, so that the package contains it.
const ERRORS: &str = include_str!("errors.md");

/// Explains a message of the macros by its code, with an example and its fix.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// As in the message: `[vimage::undecided]` or `undecided`; without a code, lists all.
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = match &arguments.code {
        Some(code) => explanation(code)?,
        None => sections().map(|(code, _)| format!("{code}\n")).collect(),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // A reader that stops early, such as `head`, is no error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::unreadable(Path::new("stdout"), error)),
        _ => Ok(()),
    }
}

/// The codes, and the text below each.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = ERRORS.split("\n### `").skip(1).filter_map(|section| section.split_once("`\n"));
    sections.map(|(code, text)| (code, text.split_once("\n## ").map_or(text, |(text, _)| text)))
}

fn explanation(code: &str) -> Result<String, Failure> {
    let wanted = code.trim_matches(['[', ']']).trim_start_matches("vimage::");
    let Some((code, text)) = sections().find(|(code, _)| *code == wanted) else {
        return Err(Failure::Usage(format!("no message has the code {wanted}; `cargo vimage explain` lists all")));
    };
    // What an example needs to be compiled, and nobody to read it.
    let shown = text.lines().filter(|line| !line.starts_with("# "));
    let lines: Vec<&str> = shown.map(|line| if line == "```compile_fail" { "```" } else { line }).collect();
    Ok(format!("[vimage::{code}]\n\n{}\n", lines.join("\n").trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_explained_by_itself() {
        assert!(sections().count() > 50);
        for (code, _) in sections() {
            let text = explanation(code).expect("it is one of them");
            assert_eq!(text.matches("```").count(), 4, "two examples: {text}");
            assert!(!text.contains("\n#") || text.contains("\n#["), "no title, nothing hidden: {text}");
        }
    }

    #[test]
    fn a_code_may_be_written_as_in_the_message() {
        let text = explanation("undecided").expect("it is documented");
        assert!(text.starts_with("[vimage::undecided]\n\nIn a module, each `static` that can change"), "{text}");
        assert_eq!(explanation("[vimage::undecided]").ok(), Some(text));
        assert!(matches!(explanation("undecide"), Err(Failure::Usage(_))));
    }
}
