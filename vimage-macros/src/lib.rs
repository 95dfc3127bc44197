//! The macros of `vimage`, which re-exports them: use them through that crate.
//!
//! What an input goes through is in `pipeline`, what it can become in `expand`.

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
use crate::pipeline::Declares;

#[doc = include_str!("docs/vnet_module.md")]
#[proc_macro_attribute]
pub fn vnet_module(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::closed(Declares::Net, args.into(), input.into()).into()
}

#[doc = include_str!("docs/vcpu_module.md")]
#[proc_macro_attribute]
pub fn vcpu_module(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::closed(Declares::Cpu, args.into(), input.into()).into()
}

#[doc = include_str!("docs/vprocg_module.md")]
#[proc_macro_attribute]
pub fn vprocg_module(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::closed(Declares::Procg, args.into(), input.into()).into()
}

#[doc = include_str!("docs/vimage_module.md")]
#[proc_macro_attribute]
pub fn vimage_module(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::closed(Declares::Any, args.into(), input.into()).into()
}

// An attribute and a macro cannot share a name in one Rust module. The runtime gives these four the names of the
// attributes in its root, and the attributes to its prelude.

#[doc = include_str!("docs/vnet_file.md")]
#[proc_macro]
pub fn vnet_file(input: TokenStream) -> TokenStream {
    pipeline::in_file(Declares::Net, input.into()).into()
}

#[doc = include_str!("docs/vcpu_file.md")]
#[proc_macro]
pub fn vcpu_file(input: TokenStream) -> TokenStream {
    pipeline::in_file(Declares::Cpu, input.into()).into()
}

#[doc = include_str!("docs/vprocg_file.md")]
#[proc_macro]
pub fn vprocg_file(input: TokenStream) -> TokenStream {
    pipeline::in_file(Declares::Procg, input.into()).into()
}

#[doc = include_str!("docs/vimage_file.md")]
#[proc_macro]
pub fn vimage_file(input: TokenStream) -> TokenStream {
    pipeline::in_file(Declares::Any, input.into()).into()
}

#[doc = include_str!("docs/virtualized.md")]
#[proc_macro_attribute]
pub fn virtualized(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::open(Ours::Virtualized, args.into(), input.into()).into()
}

#[doc = include_str!("docs/shared.md")]
#[proc_macro_attribute]
pub fn shared(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::open(Ours::Shared, args.into(), input.into()).into()
}

#[doc = include_str!("docs/attach.md")]
#[proc_macro_attribute]
pub fn attach(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::open(Ours::Attach, args.into(), input.into()).into()
}

#[doc = include_str!("docs/quiesce.md")]
#[proc_macro_attribute]
pub fn quiesce(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::open(Ours::Quiesce, args.into(), input.into()).into()
}

#[doc = include_str!("docs/detach.md")]
#[proc_macro_attribute]
pub fn detach(args: TokenStream, input: TokenStream) -> TokenStream {
    pipeline::open(Ours::Detach, args.into(), input.into()).into()
}

#[doc = include_str!("docs/class.md")]
#[proc_macro]
pub fn class(input: TokenStream) -> TokenStream {
    pipeline::class(input.into()).into()
}

#[doc = include_str!("docs/test.md")]
#[proc_macro_attribute]
pub fn test(args: TokenStream, input: TokenStream) -> TokenStream {
    functions::test(args.into(), input.into()).into()
}

#[doc = include_str!("docs/main.md")]
#[proc_macro_attribute]
pub fn main(args: TokenStream, input: TokenStream) -> TokenStream {
    functions::main(args.into(), input.into()).into()
}
