//! The attributes.

use proc_macro2::Ident;

/// A moment in the life of an instance at which a hook runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HookKind {
    Attach,
    Quiesce,
    Detach,
}

impl HookKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Quiesce => "quiesce",
            Self::Detach => "detach",
        }
    }

    /// As the subject of a message.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Attach => "an `#[attach]`",
            Self::Quiesce => "a `#[quiesce]`",
            Self::Detach => "a `#[detach]`",
        }
    }
}

/// One of our attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttrKind {
    Virtualized,
    Shared,
    Hook(HookKind),
    /// Declares a module, which is expanded by itself.
    Module,
}

impl AttrKind {
    /// The attribute of this name.
    pub(crate) fn named(name: &Ident) -> Option<Self> {
        Some(match name.to_string().as_str() {
            "virtualized" => Self::Virtualized,
            "shared" => Self::Shared,
            "attach" => Self::Hook(HookKind::Attach),
            "quiesce" => Self::Hook(HookKind::Quiesce),
            "detach" => Self::Hook(HookKind::Detach),
            "module" | "vnet_module" | "vcpu_module" | "vprocg_module" => Self::Module,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Virtualized => "virtualized",
            Self::Shared => "shared",
            Self::Hook(hook) => hook.name(),
            Self::Module => "module",
        }
    }

    /// The items that it may be used on, in words.
    pub(crate) fn right_place(self) -> &'static str {
        match self {
            Self::Virtualized => "a `static`, a `thread_local!`, a function, an impl, a trait or an inline module",
            Self::Shared => "a `static`, a `thread_local!` or a macro that makes statics",
            Self::Hook(_) => "a free function",
            Self::Module => "an inline module",
        }
    }

    pub(crate) fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Virtualized, Self::Shared) | (Self::Shared, Self::Virtualized) => true,
            (Self::Hook(one), Self::Hook(other)) => one != other,
            _ => false,
        }
    }
}
