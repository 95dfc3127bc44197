//! Colours, headings and numbers.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Text in a colour, which is removed if it is not printed to a terminal.
pub fn paint(color: AnsiColor, text: impl Display) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{text}{style:#}")
}

/// A heading.
pub fn bold(text: impl Display) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}
