//! The builds that everything is tested in.

/// One way to build the workspace: the features of the runtime, and a profile.
pub(crate) struct Build {
    pub(crate) name: &'static str,
    pub(crate) features: &'static str,
    pub(crate) release: bool,
}

/// With instances and the backend that is the default.
pub(crate) const INSTANCES: &str = "linkme,vimage";

/// With all that can be switched on, for the documentation.
pub(crate) const EVERYTHING: &str = "linkme,vimage,invariants,serde,inspect";

/// Of `vimage-integrations`, for the documentation.
pub(crate) const INTEGRATIONS: &str = "http,rayon,tokio,config,prometheus-client,metrics";

/// The three builds, in which the macros and rustc may say different things.
pub(crate) const THREE: [Build; 3] = [
    Build { name: "default", features: "linkme", release: false },
    Build { name: "static-struct", features: "linkme,static-struct", release: false },
    Build { name: "vimage", features: INSTANCES, release: false },
];

/// The build with instances, with the other backend.
pub(crate) const OTHER_BACKEND: Build = Build {
    name: "vimage, inventory, with all that can be switched on",
    features: "inventory,vimage,invariants,serde,inspect",
    release: false,
};

/// The build with instances, optimized, with each backend.
pub(crate) const OPTIMIZED: [Build; 2] = [
    Build { name: "vimage, release", features: INSTANCES, release: true },
    Build { name: "vimage, inventory, release", features: "inventory,vimage", release: true },
];
