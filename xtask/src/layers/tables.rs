//! The floors of the crates. `ARCHITECTURE.md` says what each is for.

/// The floors of one crate.
pub(super) struct Layers {
    /// The folder of its `lib.rs`.
    pub(super) sources: &'static str,
    /// Folders and files without `.rs`, from the bottom up.
    pub(super) floors: &'static [&'static str],
    /// The folders in which files may import one another in a circle, and of how many files.
    pub(super) circles: &'static [(&'static str, usize)],
}

pub(super) const LAYERS: [Layers; 4] = [
    Layers {
        sources: "vimage-runtime/src",
        floors: &[
            "sync", "error", "registry", "export", "layout", "events", "failure", "core", "boot", "stray", "current",
            "storage", "names", "sysctl", "symmap", "publish", "instance", "vimage", "contexts", "module", "carry",
            "link", "debug", "inspect", "testing", "private", "macros", "lib",
        ],
        circles: &[("core", 8)],
    },
    Layers {
        sources: "vimage-macros/src",
        floors: &[
            "diagnostics",
            "idents",
            "attr",
            "model",
            "parse",
            "repair",
            "check",
            "lower",
            "expand",
            "driver",
            "lib",
        ],
        circles: &[],
    },
    Layers {
        sources: "cargo-vimage/src",
        floors: &["exit", "workspace", "runtime", "source", "explain", "port", "init", "vendor", "audit", "lib"],
        circles: &[],
    },
    Layers { sources: "examples/netlab/src", floors: &["hardware", "stack", "lab", "cli", "main"], circles: &[] },
];
