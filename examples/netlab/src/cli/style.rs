//! How text looks.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Text in a colour; what prints it takes the colour out again where there is no terminal.
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
