//! `scenario`: the options of `simulate` from a file.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use clap::Parser;
use toml::{Table, Value};

use crate::cli::args::Cli;

/// The key of the topology; all others are options.
const TOPOLOGY: &str = "topology";

/// Reads the command line that a file describes.
pub fn read(path: &Path) -> Result<Cli, Box<dyn Error>> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    parse(&shown, &text)
}

/// Parses the text of a file; `shown` is its name, for messages.
pub fn parse(shown: &impl Display, text: &str) -> Result<Cli, Box<dyn Error>> {
    let table: Table = text.parse().map_err(|error| format!("{shown} is not a scenario: {error}"))?;
    let arguments = arguments(&table).map_err(|error| format!("{shown}: {error}"))?;
    Cli::try_parse_from(arguments).map_err(|error| {
        // Its first line says what is wrong; the others are about the command line.
        let text = error.to_string();
        format!("{shown}: {}", text.lines().next().unwrap_or_default().trim_start_matches("error: ")).into()
    })
}

/// The command line that means the same.
fn arguments(table: &Table) -> Result<Vec<String>, String> {
    let mut arguments = vec!["netlab".to_owned(), "simulate".to_owned()];
    for (key, value) in table {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Integer(number) => number.to_string(),
                Value::Float(number) => number.to_string(),
                _ => return Err(format!("`{key}` must be a text, a number, or a list of them")),
            };
            if key == TOPOLOGY {
                // Behind the command, so that no option takes it.
                arguments.insert(2, text);
            } else {
                arguments.push(format!("--{key}={text}"));
            }
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_means_a_command_line() {
        let text = "rate = 500\ntopology = \"a.json\"\nevent = [\"t=1s down a-b\", \"t=2s up a-b\"]\nloss = 0.5";
        let arguments = arguments(&text.parse().unwrap()).unwrap();
        assert_eq!(arguments[..3], ["netlab", "simulate", "a.json"]);
        for expected in ["--rate=500", "--event=t=1s down a-b", "--event=t=2s up a-b", "--loss=0.5"] {
            assert!(arguments.iter().any(|argument| argument == expected), "{arguments:?}");
        }
        assert!(super::arguments(&"rate = true".parse().unwrap()).unwrap_err().contains("`rate` must be"));
    }
}
