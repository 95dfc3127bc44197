//! The report for people: the counts first, then what somebody has to do something about, one line for each global.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::report::{Global, Report};
use super::verdict::Verdict;

/// Columns are not made wider than this for a few long entries.
const WIDEST: usize = 48;

/// As many globals for the same reason are one line.
const MANY: usize = 4;

/// Writes the report; with `all` also the globals that nobody has to do anything about.
pub(super) fn write(out: &mut impl Write, report: &Report, all: bool) -> io::Result<()> {
    let (kind, profile) = (report.kind.name(), &report.profile);
    writeln!(out, "{} ({kind}, {profile}): {} globals", report.target, report.globals.len())?;
    for verdict in Verdict::ALL {
        let count = report.with(verdict).count();
        if count > 0 || verdict == Verdict::NotIsolated {
            writeln!(out, "{count:6} {:12} {}", verdict.name(), verdict.meaning())?;
        }
    }
    for verdict in Verdict::ALL {
        if (all || verdict.is_open()) && report.with(verdict).next().is_some() {
            writeln!(out, "\n{}: {}", verdict.name(), verdict.meaning())?;
            let (alike, single) = alike(report.with(verdict));
            lines(out, &single)?;
            for (krate, reason, count) in alike {
                writeln!(out, "  {krate}: {count} globals\n      {reason}")?;
            }
        }
    }
    rest(out, report)?;
    if all && !report.unread.is_empty() {
        writeln!(out, "\nfiles that could not be read, so that what is in them is not explained")?;
        report.unread.iter().try_for_each(|unread| writeln!(out, "  {}: {}", unread.file, unread.error))?;
    }
    if report.globals.iter().any(|global| global.verdict.is_open()) {
        write!(out, "{HELP}")?;
    } else if !all {
        writeln!(out, "\n`--all` lists them.")?;
    }
    Ok(())
}

const HELP: &str = r#"
To accept a global, say why in Cargo.toml; `*` stands for any text:
    [[package.metadata.vimage.allow]]
    crate = "log"
    path = "LOGGER"
    reason = "one log for all instances"
"#;

/// Takes out the globals of a crate for which there is one reason, if there are many and none is open.
fn alike<'r>(globals: impl Iterator<Item = &'r Global>) -> (Vec<(&'r str, &'r str, usize)>, Vec<&'r Global>) {
    let all: Vec<&Global> = globals.collect();
    let key = |global: &'r Global| Some((global.krate.as_str(), global.reason.as_deref()?));
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for of in all.iter().filter(|global| !global.verdict.is_open()).filter_map(|global| key(global)) {
        *counts.entry(of).or_default() += 1;
    }
    counts.retain(|_, count| *count >= MANY);
    let single = all.into_iter().filter(|global| key(global).is_none_or(|of| !counts.contains_key(&of))).collect();
    (counts.into_iter().map(|((krate, reason), count)| (krate, reason, count)).collect(), single)
}

fn lines(out: &mut impl Write, globals: &[&Global]) -> io::Result<()> {
    let rows: Vec<[String; 3]> = globals.iter().map(|global| row(global)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(WIDEST);
    let widths = [width(0), width(1), width(2)];
    for (global, [path, ty, place]) in globals.iter().zip(&rows) {
        let advice = global.advice.as_deref().map(|advice| format!("  {advice}")).unwrap_or_default();
        let [first, second, third] = widths;
        let new = if global.new { "  new" } else { "" };
        let line = format!("  {path:first$}  {ty:second$}  {place:third$}{advice}{new}");
        writeln!(out, "{}", line.trim_end())?;
        if let Some(reason) = &global.reason {
            writeln!(out, "      {reason}")?;
        }
    }
    Ok(())
}

fn row(global: &Global) -> [String; 3] {
    let ty = global.written_type.clone().or_else(|| global.ty.as_deref().map(short));
    let ty = ty.unwrap_or_else(|| format!("{} bytes", global.size));
    let place = match (&global.file, global.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => match &global.version {
            Some(version) => format!("{}-{version}", global.krate),
            None => global.krate.clone(),
        },
    };
    let by = global.made_by.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    [global.path.clone(), ty, format!("{place}{by}")]
}

fn rest(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if !report.uncovered.is_empty() {
        writeln!(out, "\nbytes of writable sections that belong to no symbol")?;
    }
    for uncovered in &report.uncovered {
        writeln!(out, "  {}: {} of {}", uncovered.section, uncovered.bytes, uncovered.size)?;
    }
    if !report.stale_allows.is_empty() {
        writeln!(out, "\nallowed in Cargo.toml and not needed: remove")?;
    }
    for stale in &report.stale_allows {
        writeln!(out, "  crate = \"{}\", path = \"{}\"", stale.krate, stale.path)?;
    }
    if !report.gone.is_empty() {
        writeln!(out, "\nin the baseline and not open any more: run `--write-baseline` again")?;
    }
    for gone in &report.gone {
        writeln!(out, "  crate = \"{}\", path = \"{}\"", gone.krate, gone.path)?;
    }
    Ok(())
}

/// The name of a type without the paths in it, and without the allocator that nobody writes.
fn short(name: &str) -> String {
    let name = name.replace(", alloc::alloc::Global", "");
    let mut short = String::new();
    let mut word = String::new();
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        if char == ':' && chars.peek() == Some(&':') {
            chars.next();
            word.clear();
        } else if char.is_alphanumeric() || char == '_' {
            word.push(char);
        } else {
            short.push_str(&word);
            word.clear();
            short.push(char);
        }
    }
    short + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_their_paths() {
        for (name, expected) in [
            ("u32", "u32"),
            ("std::sync::poison::mutex::Mutex<alloc::vec::Vec<u8, alloc::alloc::Global>>", "Mutex<Vec<u8>>"),
            ("&[&dyn log::Log]", "&[&dyn Log]"),
            ("[core::sync::atomic::AtomicU8; 4]", "[AtomicU8; 4]"),
        ] {
            assert_eq!(short(name), expected);
        }
    }
}
