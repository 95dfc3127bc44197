//! The sources of the macros as a plain library, so that they run outside of a compiler. `proc_macro2` has tokens and
//! places of its own there.

#[path = "../../../vimage-macros/src/attr/mod.rs"]
mod attr;
#[path = "../../../vimage-macros/src/check/mod.rs"]
mod check;
#[path = "../../../vimage-macros/src/diagnostics.rs"]
mod diagnostics;
#[path = "../../../vimage-macros/src/driver.rs"]
mod driver;
#[path = "../../../vimage-macros/src/expand/mod.rs"]
mod expand;
#[path = "../../../vimage-macros/src/idents.rs"]
mod idents;
#[path = "../../../vimage-macros/src/lower/mod.rs"]
mod lower;
#[path = "../../../vimage-macros/src/model/mod.rs"]
mod model;
#[path = "../../../vimage-macros/src/parse/mod.rs"]
mod parse;
#[path = "../../../vimage-macros/src/repair/mod.rs"]
mod repair;

use proc_macro2::{Ident, TokenStream};

use crate::attr::{AttrKind, HookKind};
use crate::model::Build;
use crate::parse::ModuleAttr;

/// What an attribute makes of an item, without instances and with them. `None` if none of ours has this name.
pub fn attribute(name: &Ident, args: &TokenStream, item: &TokenStream) -> Option<[TokenStream; 2]> {
    let builds = |expand: &dyn Fn(Build, TokenStream, TokenStream) -> TokenStream| {
        Some([Build::Plain, Build::Instances].map(|build| expand(build, args.clone(), item.clone())))
    };
    let module = |attr| builds(&|build, args, item| driver::module(build, attr, args, item));
    match name.to_string().as_str() {
        "module" => module(ModuleAttr::Any),
        "vnet_module" => module(ModuleAttr::Net),
        "vcpu_module" => module(ModuleAttr::Cpu),
        "vprocg_module" => module(ModuleAttr::Procg),
        "virtualized" => builds(&|build, args, item| driver::item(build, AttrKind::Virtualized, args, item)),
        "shared" => builds(&|build, args, item| driver::item(build, AttrKind::Shared, args, item)),
        "attach" => builds(&|build, args, item| driver::item(build, AttrKind::Hook(HookKind::Attach), args, item)),
        "quiesce" => builds(&|build, args, item| driver::item(build, AttrKind::Hook(HookKind::Quiesce), args, item)),
        "detach" => builds(&|build, args, item| driver::item(build, AttrKind::Hook(HookKind::Detach), args, item)),
        "test" => builds(&|_, args, item| driver::test(args, item)),
        "test_body" => builds(&|_, args, item| driver::test_body(args, item)),
        "main" => builds(&|_, args, item| driver::main(args, item)),
        _ => None,
    }
}

/// What a macro makes of its input, without instances and with them. `None` if none of ours has this name.
pub fn function(name: &Ident, input: &TokenStream) -> Option<[TokenStream; 2]> {
    match name.to_string().as_str() {
        "virtualize" => Some([Build::Plain, Build::Instances].map(|build| driver::file(build, input.clone()))),
        "class" => Some([driver::class(input.clone()), driver::class(input.clone())]),
        _ => None,
    }
}
