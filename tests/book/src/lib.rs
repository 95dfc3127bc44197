//! The examples of the README and of the book, as documentation tests. They are not in the library, because its package
//! has no files from outside of its folder. Most are compiled into one program, so their modules are attached together.
//!
//! Examples that make instances and do not ask whether there are any run in the build that has them.

#[cfg_attr(feature = "vimage", doc = include_str!("../../../README.md"))]
mod readme {}

/// Chapters whose examples are the same program in every build.
mod everywhere {
    #[doc = include_str!("../../../docs/src/getting-started.md")]
    mod getting_started {}

    #[doc = include_str!("../../../docs/src/porting.md")]
    mod porting {}

    #[doc = include_str!("../../../docs/src/tests.md")]
    mod tests {}

    #[doc = include_str!("../../../docs/src/tools.md")]
    mod tools {}

    #[doc = include_str!("../../../docs/src/freebsd.md")]
    mod freebsd {}
}

/// Chapters about instances.
#[cfg(feature = "vimage")]
mod with_instances {
    #[doc = include_str!("../../../docs/src/tenants.md")]
    mod tenants {}

    #[doc = include_str!("../../../docs/src/simulation.md")]
    mod simulation {}

    #[doc = include_str!("../../../docs/src/plugins.md")]
    mod plugins {}

    #[doc = include_str!("../../../docs/src/fuzzing.md")]
    mod fuzzing {}

    #[doc = include_str!("../../../docs/src/instances.md")]
    mod instances {}

    #[doc = include_str!("../../../docs/src/threads.md")]
    mod threads {}

    #[doc = include_str!("../../../docs/src/async.md")]
    mod asynchronous {}

    #[doc = include_str!("../../../docs/src/how-it-works.md")]
    mod how_it_works {}
}
