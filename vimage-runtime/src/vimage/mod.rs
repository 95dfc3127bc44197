//! A vimage: one instance of every class.

mod builder;
mod destroy;
mod handle;

pub use builder::VimageBuilder;
pub use destroy::VimageDestroyError;
pub use handle::Vimage;
