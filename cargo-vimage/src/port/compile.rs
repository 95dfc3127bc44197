//! What the compiler says.

use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};

use super::package::Package;
use super::text::SourceFile;
use crate::exit::Failure;

/// One build of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// As it was before.
    Default,
    /// With instances.
    Vimage,
}

/// One error, or a warning about an import.
#[derive(Debug)]
pub(super) struct Finding {
    /// The code of our macros, from `[vimage::code]`, or that of rustc.
    pub(super) code: String,
    pub(super) is_ours: bool,
    pub(super) is_error: bool,
    pub(super) message: String,
    /// The places in files of the package: those that are underlined with `^` first.
    pub(super) places: Vec<Place>,
    /// All that the compiler prints.
    pub(super) rendered: String,
}

/// A piece of a file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) at: Range<usize>,
    pub(super) is_primary: bool,
    /// The text stands in the body of a macro.
    pub(super) is_in_macro: bool,
}

impl Finding {
    pub(super) fn primary(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.is_primary)
    }

    /// The names in backticks in the message, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.message.split('`').skip(1).step_by(2)
    }
}

/// Checks the package with these arguments of cargo. An empty list says that it compiles.
pub(super) fn check(
    package: &Package,
    files: &[SourceFile],
    build: Build,
    arguments: &str,
) -> Result<Vec<Finding>, Failure> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["check", "--quiet", "--message-format=json", "--manifest-path"]).arg(&package.manifest);
    command.args(arguments.split_whitespace());
    // For a person who waits: a check takes as long as the package does.
    let instances = if build == Build::Vimage { ", with instances" } else { "" };
    eprintln!("checking: {}{instances}", format!("cargo check {arguments}").trim_end());
    if build == Build::Vimage {
        command.args(["--features", "vimage/vimage"]);
    }
    let output = command.stdin(Stdio::null()).output().map_err(|error| Failure::Build(format!("cargo: {error}")))?;
    let mut findings = Vec::new();
    for message in Message::parse_stream(&output.stdout[..]) {
        let Ok(Message::CompilerMessage(message)) = message else { continue };
        if !Path::new(message.target.src_path.as_str()).starts_with(&package.folder) {
            continue;
        }
        findings.extend(finding(&message.message, package, files));
    }
    if !output.status.success() && !findings.iter().any(|finding| finding.is_error) {
        return Err(Failure::Build(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
    }
    Ok(findings)
}

fn finding(message: &Diagnostic, package: &Package, files: &[SourceFile]) -> Option<Finding> {
    let is_error = matches!(message.level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
    let rustc = message.code.as_ref().map(|code| code.code.clone());
    if !(is_error || rustc.as_deref() == Some("unused_imports")) || message.spans.is_empty() {
        return None;
    }
    let ours = message.message.split("[vimage::").nth(1).and_then(|rest| rest.split(']').next());
    let children = message.children.iter().flat_map(|child| &child.spans);
    let places = message.spans.iter().chain(children).filter_map(|span| place(span, package, files));
    let mut places: Vec<Place> = places.collect();
    places.sort_by_key(|place| !place.is_primary);
    Some(Finding {
        is_ours: ours.is_some(),
        code: ours.map(str::to_owned).or(rustc).unwrap_or_default(),
        is_error,
        message: message.message.clone(),
        places,
        rendered: message.rendered.clone().unwrap_or_default(),
    })
}

fn place(span: &DiagnosticSpan, package: &Package, files: &[SourceFile]) -> Option<Place> {
    let path = package.workspace.join(&span.file_name);
    let file = files.iter().position(|file| file.path == path)?;
    let at = files[file].place(span.byte_start as usize)?..files[file].place(span.byte_end as usize)?;
    files[file].text.get(at.clone())?;
    let is_in_macro =
        span.expansion.as_ref().is_some_and(|expansion| !expansion.macro_decl_name.contains("virtualize"));
    Some(Place { file, at, is_primary: span.is_primary, is_in_macro })
}
