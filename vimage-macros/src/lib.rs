//! The macros of `vimage`, which re-exports and documents them: use them through that crate.
//!
//! A macro whose output depends on the build is here twice, as `plain_…` for the default build and as `instances_…`
//! for the builds in which variables are fields. The runtime knows its own features, and re-exports the right one
//! under the name that users write. This crate cannot decide: a `#[cfg]` here would read the features of a build of
//! this crate, and one in its output those of the annotated crate.

mod attr;
mod check;
mod diagnostics;
mod driver;
mod expand;
mod idents;
mod lower;
mod model;
mod parse;
mod repair;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::attr::{AttrKind, HookKind};
use crate::model::Build;
use crate::parse::ModuleAttr;

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
    plain_module, instances_module: driver::module, ModuleAttr::Any;
    plain_vnet_module, instances_vnet_module: driver::module, ModuleAttr::Net;
    plain_vcpu_module, instances_vcpu_module: driver::module, ModuleAttr::Cpu;
    plain_vprocg_module, instances_vprocg_module: driver::module, ModuleAttr::Procg;
    plain_virtualized, instances_virtualized: driver::item, AttrKind::Virtualized;
    plain_shared, instances_shared: driver::item, AttrKind::Shared;
    plain_attach, instances_attach: driver::item, AttrKind::Hook(HookKind::Attach);
    plain_quiesce, instances_quiesce: driver::item, AttrKind::Hook(HookKind::Quiesce);
    plain_detach, instances_detach: driver::item, AttrKind::Hook(HookKind::Detach);
}

#[doc(hidden)]
#[proc_macro]
pub fn plain_virtualize(input: TokenStream) -> TokenStream {
    driver::file(Build::Plain, input.into()).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn instances_virtualize(input: TokenStream) -> TokenStream {
    driver::file(Build::Instances, input.into()).into()
}

// The macros below expand to the same in each build.

#[doc(hidden)]
#[proc_macro]
pub fn class(input: TokenStream) -> TokenStream {
    driver::class(input.into()).into()
}

#[doc(hidden)]
#[proc_macro_attribute]
pub fn test(args: TokenStream, input: TokenStream) -> TokenStream {
    driver::test(args.into(), input.into()).into()
}

/// What `test` leaves behind the attributes of a harness.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn test_body(args: TokenStream, input: TokenStream) -> TokenStream {
    driver::test_body(args.into(), input.into()).into()
}

#[doc(hidden)]
#[proc_macro_attribute]
pub fn main(args: TokenStream, input: TokenStream) -> TokenStream {
    driver::main(args.into(), input.into()).into()
}
