//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::{Value, json};

/// Inspects the instances of a program that uses vimage, running or in a core file, and sets its sysctls.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// The socket of the program's inspect server.
    #[arg(short, long, env = "VIMAGE_SOCKET", global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Read the memory of the process with this id instead; it needs no server.
    #[arg(short, long, value_name = "PID", conflicts_with = "core")]
    pub(crate) pid: Option<u32>,
    /// Read this core file instead.
    #[arg(short, long, value_name = "CORE")]
    pub(crate) core: Option<PathBuf>,
    /// The executable or library that ran, if it is not where it was any more.
    #[arg(short = 'e', long = "exec", value_name = "PROGRAM", requires = "core")]
    pub(crate) program: Option<PathBuf>,
    /// Print JSON, one value per line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Seconds to wait for a reply.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub(crate) timeout: f64,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the instances.
    Ps {
        /// Only those of this class.
        #[arg(short, long)]
        class: Option<String>,
    },
    /// List the modules, in the order in which they are attached.
    Modules {
        /// Only those of this class.
        #[arg(short, long)]
        class: Option<String>,
    },
    /// Read and set sysctls.
    Sysctl(Sysctl),
    /// List the variables that can be looked up by name.
    Symbols {
        /// Their values instead; needs `-p` or `-c`.
        #[arg(long)]
        values: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Print the values of variables, of any type if the program has debug information; needs `-p` or `-c`.
    Print {
        /// Symbols or sysctls: `NAME`, `V_NAME` or `MODULE::NAME`.
        #[arg(required = true)]
        names: Vec<String>,
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
    /// Show the counters that change, per second and instance; needs `-p`. On a terminal `q` quits.
    Top {
        /// Seconds between two looks.
        #[arg(short, long, default_value_t = 1.0, value_parser = seconds)]
        interval: f64,
        /// Stop after so many tables.
        #[arg(short = 'n', long)]
        count: Option<u64>,
        /// Only this instance, by name or id; by default all.
        #[arg(short = 'v', long = "vnet", visible_alias = "instance", value_name = "INSTANCE")]
        instance: Option<String>,
        /// Only this class.
        #[arg(short, long)]
        class: Option<String>,
    },
    /// Print what differs between two core files, two processes, or a process at two moments.
    Diff {
        /// A core file, or the id of a process.
        before: String,
        /// Another one; without it, the same process later.
        after: Option<String>,
        /// Seconds until the second look at the same process.
        #[arg(short, long, default_value_t = 1.0, value_parser = seconds, conflicts_with = "after")]
        interval: f64,
        /// The executable or library that ran, if it is not where it was any more.
        #[arg(short = 'e', long = "exec", value_name = "PROGRAM")]
        program: Option<PathBuf>,
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
    #[arg(value_name = "NAME[=VALUE]")]
    pub(crate) names: Vec<String>,
    /// All sysctls; ignored if there are names.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Print descriptions instead of values; sets nothing.
    #[arg(short, long)]
    pub(crate) describe: bool,
    /// Print types instead of values, or before descriptions; sets nothing.
    #[arg(short = 't', long = "type")]
    pub(crate) types: bool,
    /// Print `NAME=VALUE`, which is valid as an argument.
    #[arg(short, long)]
    pub(crate) equals: bool,
    /// Print values without names.
    #[arg(short = 'n', long)]
    pub(crate) value_only: bool,
    /// Print names without values.
    #[arg(short = 'N', long, conflicts_with = "value_only")]
    pub(crate) name_only: bool,
    /// Ignore names that do not exist.
    #[arg(short, long)]
    pub(crate) ignore_unknown: bool,
    /// Print no errors about names and values.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Only those that can be set when an instance is created.
    #[arg(short = 'T', long)]
    pub(crate) tunable: bool,
    /// Only those that can be set.
    #[arg(short = 'W', long)]
    pub(crate) writable: bool,
    /// Has no effect, as in the kernel's `sysctl`.
    #[arg(short = 'w', hide = true)]
    _write: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The instance; by default the base instances.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The instance, by name or id.
    #[arg(short = 'v', long = "vnet", visible_alias = "instance", value_name = "INSTANCE")]
    instance: Option<String>,
    /// Only this class; by default each class that has the instance.
    #[arg(short, long)]
    class: Option<String>,
}

impl Target {
    /// Adds the instance to a request.
    pub(crate) fn of(&self, mut request: Value) -> Value {
        if let Some(instance) = &self.instance {
            request["instance"] = instance.parse::<u64>().map_or_else(|_| json!(instance), |id| json!(id));
        }
        of_class(request, self.class.as_deref())
    }
}

/// Adds the class to a request.
pub(crate) fn of_class(mut request: Value, class: Option<&str>) -> Value {
    if let Some(class) = class {
        request["class"] = json!(class);
    }
    request
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
