//! The macros, as the build has them, with their documentation.

use crate::storage::macros;

#[doc = include_str!("docs/module.md")]
#[doc(inline)]
pub use macros::module;

#[doc = include_str!("docs/vnet_module.md")]
#[doc(inline)]
pub use macros::vnet_module;

#[doc = include_str!("docs/vcpu_module.md")]
#[doc(inline)]
pub use macros::vcpu_module;

#[doc = include_str!("docs/vprocg_module.md")]
#[doc(inline)]
pub use macros::vprocg_module;

#[doc = include_str!("docs/virtualize.md")]
#[doc(inline)]
pub use macros::virtualize;

#[doc = include_str!("docs/virtualized.md")]
#[doc(inline)]
pub use macros::virtualized;

#[doc = include_str!("docs/shared.md")]
#[doc(inline)]
pub use macros::shared;

#[doc = include_str!("docs/attach.md")]
#[doc(inline)]
pub use macros::attach;

#[doc = include_str!("docs/quiesce.md")]
#[doc(inline)]
pub use macros::quiesce;

#[doc = include_str!("docs/detach.md")]
#[doc(inline)]
pub use macros::detach;

#[doc = include_str!("docs/class.md")]
#[doc(inline)]
pub use vimage_macros::class;

#[doc = include_str!("docs/test.md")]
#[doc(inline)]
pub use vimage_macros::test;

#[doc = include_str!("docs/main.md")]
#[doc(inline)]
pub use vimage_macros::main;
