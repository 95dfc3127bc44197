//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::{Value, json};

/// Looks into the instances of a running program that uses vimage, and sets its sysctls.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// The socket of the program's inspect server.
    #[arg(short, long, env = "VIMAGE_SOCKET", global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Print JSON, one value per line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the instances of all classes.
    Ps,
    /// List the modules, in the order in which they are attached.
    Modules,
    /// Read and set sysctls.
    Sysctl(Sysctl),
    /// List the variables that can be looked up by name.
    Symbols {
        #[command(flatten)]
        target: Target,
    },
    /// Print a sysctl again and again.
    Watch {
        /// The sysctl.
        name: String,
        /// Seconds between two lines.
        #[arg(short, long, default_value_t = 1.0, value_parser = seconds)]
        interval: f64,
        /// Stop after so many lines.
        #[arg(short = 'n', long)]
        count: Option<u64>,
        #[command(flatten)]
        target: Target,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = true, args = ["names", "all"])]
pub(crate) struct Sysctl {
    /// Names to read, prefixes to list, or `NAME=VALUE` to set.
    #[arg(value_name = "NAME[=VALUE]", conflicts_with = "all")]
    pub(crate) names: Vec<String>,
    /// All sysctls.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Print descriptions instead of values.
    #[arg(short, long)]
    pub(crate) describe: bool,
    /// Print values without names.
    #[arg(short = 'n', long)]
    pub(crate) value_only: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Which instance is meant; the base instances where nothing is said.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The instance, by its name or its id.
    #[arg(short = 'v', long = "vnet", visible_alias = "instance", value_name = "INSTANCE")]
    instance: Option<String>,
    /// The class of the instance; `Net` if it is not said.
    #[arg(short, long)]
    class: Option<String>,
}

impl Target {
    /// The request, about this instance.
    pub(crate) fn of(&self, mut request: Value) -> Value {
        if let Some(instance) = &self.instance {
            request["instance"] = instance.parse::<u64>().map_or_else(|_| json!(instance), |id| json!(id));
        }
        if let Some(class) = &self.class {
            request["class"] = json!(class);
        }
        request
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds of at least 0.01".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_grammar_is_consistent() {
        Arguments::command().debug_assert();
    }
}
