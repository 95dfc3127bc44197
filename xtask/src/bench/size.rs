//! What modules, variables, sysctls and symbols add to a program: stripped, with the release defaults.

use std::fmt::Write;
use std::fs;

use super::generated::{self, Package, Size};
use super::tables::grouped;
use crate::builds::{INSTANCES, THREE};

/// How many of each there are in one program, and how many more in the other one.
const MANY: usize = 200;

/// A table in Markdown.
pub(super) fn table() -> Result<String, String> {
    const ONE: Size = Size { modules: MANY, variables: 1, sysctl: false, symbol: false, hooks: false };
    let sizes = [
        ("few", ONE),
        ("modules", Size { modules: 2 * MANY, ..ONE }),
        ("variables", Size { variables: 2, ..ONE }),
        ("sysctls", Size { sysctl: true, ..ONE }),
        ("symbols", Size { symbol: true, ..ONE }),
    ];
    let plain = sizes[..3].iter().map(|(name, size)| (format!("plain_{name}"), generated::plain(*size)));
    let ours = sizes.iter().map(|(name, size)| ((*name).to_owned(), generated::program(*size)));
    let package = Package::new("sizes", true, &plain.chain(ours).collect::<Vec<_>>())?;
    let mut text =
        "\n| bytes | program with 200 modules of a variable | a module | a variable | a sysctl | a symbol |\n\
                    |---|---|---|---|---|---|\n"
            .to_owned();
    for (build, features, prefix) in builds() {
        package.build(features)?;
        let bytes = |name: &str| {
            let path = package.built(&format!("{prefix}{name}"));
            let data = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok::<_, String>(data.len() as f64)
        };
        let few = bytes("few")?;
        let each = |name: &str| bytes(name).map(|more| (more - few) / MANY as f64);
        let variable = each("variables")?;
        let names = match prefix {
            "" => [grouped(each("sysctls")?), grouped(each("symbols")?)],
            _ => ["", ""].map(str::to_owned),
        };
        let module = each("modules")? - variable;
        _ = writeln!(
            text,
            "| {build} | {} | {} | {} | {} |",
            grouped(few),
            grouped(module),
            grouped(variable),
            names.join(" | ")
        );
    }
    Ok(text)
}

/// What the table calls them, the features of the runtime, and what the names of their programs begin with.
fn builds() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let ours = THREE.iter().map(|build| (build.name, build.features, ""));
    [("*plain statics*", INSTANCES, "plain_")].into_iter().chain(ours)
}
