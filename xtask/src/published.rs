//! The packages that are published.

use std::process::Command;

use toml::Table;

use crate::step::Done;

pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) folder: &'static str,
}

/// Dependencies first.
pub(crate) const PUBLISHED: [Package; 7] = [
    Package { name: "vimage-macros", folder: "vimage-macros" },
    Package { name: "vimage", folder: "vimage-runtime" },
    Package { name: "vimage-tracing", folder: "vimage-tracing" },
    Package { name: "vimage-integrations", folder: "vimage-integrations" },
    Package { name: "vimage-inspect", folder: "vimage-inspect" },
    Package { name: "vimagectl", folder: "vimagectl" },
    Package { name: "cargo-vimage", folder: "cargo-vimage" },
];

impl Package {
    pub(crate) fn manifest(&self) -> Result<Table, String> {
        read(&format!("{}/Cargo.toml", self.folder))
    }

    /// Whether it is the runtime or is built with it; others have it for their tests only.
    pub(crate) fn has_runtime(&self) -> Result<bool, String> {
        let manifest = self.manifest()?;
        Ok(self.name == "vimage" || manifest["dependencies"].get("vimage").is_some())
    }

    /// The oldest compiler that the package is for, as the name of a toolchain.
    pub(crate) fn oldest_compiler(&self) -> Result<String, String> {
        let manifest = self.manifest()?;
        let version = match manifest["package"].get("rust-version") {
            Some(own) if own.is_str() => own.clone(),
            _ => read("Cargo.toml")?["workspace"]["package"]["rust-version"].clone(),
        };
        let version = version.as_str().ok_or_else(|| format!("{}: rust-version is no text", self.name))?;
        Ok(if version.matches('.').count() == 1 { format!("{version}.0") } else { version.to_owned() })
    }
}

pub(crate) fn read(manifest: &str) -> Result<Table, String> {
    let text = std::fs::read_to_string(manifest).map_err(|error| format!("{manifest}: {error}"))?;
    text.parse().map_err(|error| format!("{manifest}: {error}"))
}

pub(crate) fn package_arguments() -> Vec<&'static str> {
    let packages = PUBLISHED.iter().flat_map(|package| ["-p", package.name]);
    ["package", "--allow-dirty"].into_iter().chain(packages).collect()
}

/// Puts together what is published; a warning is an error. That the packages build is left to `deep`.
pub(crate) fn package() -> Done {
    let output = Command::new("cargo").args(package_arguments()).arg("--no-verify").output();
    let output = output.map_err(|error| format!("package: cargo did not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stderr);
    println!("{printed}");
    let warned = printed.lines().any(|line| line.starts_with("warning"));
    if !output.status.success() || warned {
        return Err("package: cargo failed or warned".to_owned());
    }
    // Cargo says nothing when a package is without its licences.
    let licences = ["LICENSE-MIT", "LICENSE-APACHE"];
    let mut files = PUBLISHED.iter().flat_map(|package| licences.map(|file| format!("{}/{file}", package.folder)));
    files.find(|file| !std::path::Path::new(file).exists()).map_or(Ok(()), |file| Err(format!("package: no {file}")))
}
