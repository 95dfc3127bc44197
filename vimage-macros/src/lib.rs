//! The macros of `vimage`, which re-exports and documents them: use them through that crate.
//!
//! A macro whose output depends on the build is here twice, as `plain_…` for the default build and as `instances_…`
//! for the builds in which variables are fields. The runtime knows its own features, and re-exports the right one
//! under the name that users write. This crate cannot decide: a `#[cfg]` here would read the features of a build of
//! this crate, and one in its output those of the annotated crate.

mod args;
mod attr;
mod check;
mod errors;
mod expand;
mod functions;
mod model;
mod names;
mod parse;
mod pipeline;
mod region;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::attr::Ours;
use crate::expand::Build;
use crate::pipeline::Declares;

macro_rules! attributes {
    ($($plain:ident, $instances:ident: $stages:path, $attribute:expr;)*) => {
        $(
            #[doc(hidden)]
            #[proc_macro_attribute]
            pub fn $plain(args: TokenStream, input: TokenStream) -> TokenStream {
                $stages(Build::Plain, $attribute, args.into(), input.into()).into()
            }

            #[doc(hidden)]
            #[proc_macro_attribute]
            pub fn $instances(args: TokenStream, input: TokenStream) -> TokenStream {
                $stages(Build::Instances, $attribute, args.into(), input.into()).into()
            }
        )*
    };
}

attributes! {
    plain_module, instances_module: pipeline::closed, Declares::Any;
    plain_vnet_module, instances_vnet_module: pipeline::closed, Declares::Net;
    plain_vcpu_module, instances_vcpu_module: pipeline::closed, Declares::Cpu;
    plain_vprocg_module, instances_vprocg_module: pipeline::closed, Declares::Procg;
    plain_virtualized, instances_virtualized: pipeline::open, Ours::Virtualized;
    plain_shared, instances_shared: pipeline::open, Ours::Shared;
    plain_attach, instances_attach: pipeline::open, Ours::Attach;
    plain_quiesce, instances_quiesce: pipeline::open, Ours::Quiesce;
    plain_detach, instances_detach: pipeline::open, Ours::Detach;
}

#[doc(hidden)]
#[proc_macro]
pub fn plain_virtualize(input: TokenStream) -> TokenStream {
    pipeline::in_file(Build::Plain, input.into()).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn instances_virtualize(input: TokenStream) -> TokenStream {
    pipeline::in_file(Build::Instances, input.into()).into()
}

// What follows is the same in each build.

#[doc(hidden)]
#[proc_macro]
pub fn class(input: TokenStream) -> TokenStream {
    pipeline::class(input.into()).into()
}

#[doc(hidden)]
#[proc_macro_attribute]
pub fn test(args: TokenStream, input: TokenStream) -> TokenStream {
    functions::test(args.into(), input.into()).into()
}

#[doc(hidden)]
#[proc_macro_attribute]
pub fn main(args: TokenStream, input: TokenStream) -> TokenStream {
    functions::main(args.into(), input.into()).into()
}
