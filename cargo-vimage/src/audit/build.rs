//! Chooses the program, and builds it with debug information in a target folder of its own.

use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cargo_metadata::{CrateType, Message, Metadata, Package, Target, TargetKind};

use super::wrapper;
use crate::exit::Failure;

/// What to build, as cargo's options say it.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// The package; by default the one of the current folder, or the default members of the workspace
    #[arg(short, long, value_name = "SPEC")]
    package: Option<String>,
    /// The binary, if there are several
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    bin: Option<String>,
    /// An example instead of a binary
    #[arg(long, value_name = "NAME")]
    example: Option<String>,
    /// The library, linked whole. The default for a package without a binary
    #[arg(long, conflicts_with_all = ["bin", "example"])]
    lib: bool,
    /// Features to activate
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    #[arg(long, hide_short_help = true)]
    all_features: bool,
    #[arg(long)]
    no_default_features: bool,
    /// The profile; by default `dev`, in which no global is optimized away
    #[arg(long, value_name = "NAME", conflicts_with = "release")]
    profile: Option<String>,
    /// The profile `release`
    #[arg(short, long)]
    release: bool,
    /// The platform
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// The folder of what is built; by default `vimage-audit` in the target folder of the workspace
    #[arg(long, value_name = "DIRECTORY")]
    target_dir: Option<PathBuf>,
    /// The Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
    #[arg(long, hide_short_help = true)]
    locked: bool,
    #[arg(long, hide_short_help = true)]
    offline: bool,
    #[arg(long, hide_short_help = true)]
    frozen: bool,
}

/// A target of a package.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen<'m> {
    pub(super) package: &'m Package,
    pub(super) target: &'m Target,
    pub(super) kind: Kind,
}

/// The kinds of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Bin,
    Example,
    Lib,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bin => "bin",
            Self::Example => "example",
            Self::Lib => "lib",
        }
    }

    fn has(self, target: &Target) -> bool {
        match self {
            Self::Bin => target.is_bin(),
            Self::Example => target.is_example(),
            Self::Lib => {
                let is_library = |kind: &TargetKind| {
                    use TargetKind::{CDyLib, DyLib, Lib, RLib, StaticLib};
                    matches!(kind, Lib | RLib | DyLib | CDyLib | StaticLib)
                };
                target.kind.iter().any(is_library) && !target.crate_types.contains(&CrateType::ProcMacro)
            }
        }
    }
}

impl Selection {
    /// The options that cargo's commands share.
    pub(super) fn for_metadata(&self) -> Vec<String> {
        let mut options: Vec<String> = self.features.iter().map(|feature| format!("--features={feature}")).collect();
        let flags = [
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
        ];
        options.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_owned()));
        options
    }

    /// The profile's name.
    pub(super) fn profile(&self) -> &str {
        if self.release { "release" } else { self.profile.as_deref().unwrap_or("dev") }
    }

    /// Chooses as `cargo run` does; a package that has no binary is audited as a library.
    pub(super) fn choose<'m>(&self, metadata: &'m Metadata) -> Result<Chosen<'m>, Failure> {
        let packages = match &self.package {
            None => metadata.workspace_default_packages(),
            Some(name) => metadata.workspace_packages().into_iter().filter(|package| package.name == *name).collect(),
        };
        if let (Some(name), []) = (&self.package, &packages[..]) {
            return Err(Failure::Usage(format!("no package `{name}` in the workspace")));
        }
        let (kind, name) = match (&self.bin, &self.example, self.lib) {
            (Some(name), _, _) => (Kind::Bin, Some(name)),
            (_, Some(name), _) => (Kind::Example, Some(name)),
            (_, _, true) => (Kind::Lib, None),
            (None, None, false) => (Kind::Bin, None),
        };
        let found = |kind: Kind| -> Vec<Chosen<'m>> {
            let all = packages.iter().flat_map(|package| package.targets.iter().map(move |target| (*package, target)));
            let wanted = all.filter(|(_, target)| kind.has(target) && name.is_none_or(|name| target.name == *name));
            wanted.map(|(package, target)| Chosen { package, target, kind }).collect()
        };
        let mut all = found(kind);
        if let ([package], Kind::Bin, None) = (&packages[..], kind, name) {
            // Several binaries, of which `cargo run` has a default.
            if let Some(default) = &package.default_run {
                all.retain(|chosen| chosen.target.name == *default);
            }
            if all.is_empty() {
                all = found(Kind::Lib);
            }
        }
        match &all[..] {
            [chosen] => Ok(*chosen),
            [] => Err(Failure::Usage(match name {
                Some(name) => format!("no {} `{name}`", kind.name()),
                None => "no binary: choose a package with `-p`".to_owned(),
            })),
            several => {
                let names: Vec<String> = several.iter().map(|chosen| choice(chosen)).collect();
                Err(Failure::Usage(format!("choose one of several: {}", names.join(", "))))
            }
        }
    }

    /// Builds the target. Returns the file that was linked.
    pub(super) fn build(&self, metadata: &Metadata, chosen: &Chosen<'_>) -> Result<PathBuf, Failure> {
        let folder = self.target_dir.clone();
        let folder = folder.unwrap_or_else(|| metadata.target_directory.join("vimage-audit").into_std_path_buf());
        let profile = self.profile();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["rustc", "--message-format=json-render-diagnostics", "--profile", profile]);
        cargo.args(["--manifest-path", chosen.package.manifest_path.as_str()]).arg("--target-dir").arg(folder);
        cargo.args(self.for_metadata());
        if let Some(platform) = &self.target {
            cargo.args(["--target", platform]);
        }
        match chosen.kind {
            Kind::Bin => cargo.args(["--bin", &chosen.target.name]),
            Kind::Example => cargo.args(["--example", &chosen.target.name]),
            Kind::Lib => cargo.args(["--lib", "--crate-type", "cdylib"]),
        };
        // For the compilers that build scripts start: they ask cargo and not rustc whether to describe their variables.
        for of in ["", ".package.\"*\""] {
            cargo.args(["--config", &format!("profile.{profile}{of}.debug=2")]);
        }
        // What is built once gains nothing from it.
        cargo.env("CARGO_INCREMENTAL", "0").stdout(Stdio::piped());
        let failed = |error: std::io::Error| Failure::Build(format!("cargo did not start: {error}"));
        wrapper::set(&mut cargo, chosen.kind == Kind::Lib).map_err(failed)?;
        let mut child = cargo.spawn().map_err(failed)?;
        let output = child.stdout.take().map(BufReader::new);
        let mut file = None;
        for message in output.into_iter().flat_map(Message::parse_stream) {
            if let Ok(Message::CompilerArtifact(artifact)) = message {
                let is_it = artifact.package_id == chosen.package.id && chosen.kind.has(&artifact.target);
                if is_it && artifact.target.name == chosen.target.name {
                    let library = artifact.filenames.iter().find(|file| is_linked(file.as_str()));
                    file = artifact.executable.as_ref().or(library).map(|file| file.as_std_path().to_owned());
                }
            }
        }
        let status = child.wait().map_err(failed)?;
        let program = chosen.target.name.as_str();
        if !status.success() {
            return Err(Failure::Build(format!("`{program}` does not build: {status}")));
        }
        file.ok_or_else(|| Failure::Build(format!("cargo built no file for `{program}`")))
    }
}

fn is_linked(file: &str) -> bool {
    [".so", ".dylib", ".dll"].iter().any(|end| file.ends_with(end))
}

fn choice(chosen: &Chosen<'_>) -> String {
    match chosen.kind {
        Kind::Lib => format!("`-p {} --lib`", chosen.package.name),
        kind => format!("`-p {} --{} {}`", chosen.package.name, kind.name(), chosen.target.name),
    }
}
