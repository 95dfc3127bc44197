//! The declarations of modules and hooks that the macros' output ends in.

/// Declares a module; the module macros end here.
#[doc(hidden)]
#[macro_export]
macro_rules! __module {
    (
        marker = $marker:ident; alias = $alias:ident;
        class = $class:ty; name = $name:expr; register = $register:ident;
        names = [$($dep_name:expr),*]; paths = [$($dep_path:path),*]; after = [$($after:expr),*];
    ) => {
        #[doc(hidden)]
        #[allow(missing_debug_implementations, unreachable_pub, dead_code)]
        pub enum $marker {}

        #[doc(hidden)]
        #[allow(unused_imports, unreachable_pub, clippy::all)]
        pub use self::$marker as $alias;

        const _: () = {
            static __VIMAGE_MODULE: $crate::__private::ModuleEntry = $crate::__private::ModuleEntry::new::<
                <$marker as $crate::__private::Module>::Class,
            >(
                $name,
                $crate::__private::core::module_path!(),
                $crate::__private::core::file!(),
                $crate::__private::core::line!(),
                $crate::__private::Register::$register,
                &[
                    $($crate::__private::Dependency::Name($dep_name),)*
                    $($crate::__private::Dependency::path::<$dep_path>(),)*
                    $($crate::__private::Dependency::After($after),)*
                ],
                || $crate::__private::hooks_of!($marker),
            );

            // SAFETY: the entry is an item of this block, which nothing else can name, and made for this class.
            unsafe impl $crate::__private::Module for $marker {
                type Class = $class;
                type Dependencies = $crate::__private::dependencies!($($dep_path),*);
                const ENTRY: &'static $crate::__private::ModuleEntry = &__VIMAGE_MODULE;
            }

            $crate::__private::register!(VIMAGE_ENTRIES: $crate::__private::Entry = $crate::__private::Entry::Module(&__VIMAGE_MODULE));
        };
    };
}

/// The hooks of a module, wherever they are declared.
#[doc(hidden)]
#[macro_export]
macro_rules! __hooks_of {
    ($module:ty) => {{
        #[allow(unused_imports, reason = "a module may have all three hooks")]
        use $crate::__private::NoHooks as _;
        $crate::__private::Hooks {
            attach: $crate::__private::HooksOf::<$module>::ATTACH,
            quiesce: $crate::__private::HooksOf::<$module>::QUIESCE,
            detach: $crate::__private::HooksOf::<$module>::DETACH,
        }
    }};
}

/// Checks one dependency by path. Apart from `module!`, so that what rustc says is said about this path.
#[doc(hidden)]
#[macro_export]
macro_rules! __depends_on {
    ($class:ty, $dependency:ty) => {
        const _: () = $crate::__private::assert_may_be_depended_on::<$dependency, $class>();
    };
}

/// The list of what a module depends on by path, as a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __dependencies {
    () => { () };
    ($first:path $(, $others:path)*) => { ($first, $crate::__private::dependencies!($($others),*)) };
}

/// Declares a hook of a module; the module macros and the hook attributes end here.
#[doc(hidden)]
#[macro_export]
macro_rules! __hook {
    ($module:path, attach, $function:ident ()) => {
        $crate::__private::hook! { @attach $module, $function, |_| $function() }
    };
    ($module:path, attach, $function:ident (&$argument:ty)) => {
        $crate::__private::hook! {
            @attach $module, $function, |arguments| $function(<$argument as $crate::__private::HookArgument>::of(arguments))
        }
    };
    (@attach $module:path, $function:ident, $call:expr) => {
        const _: () = {
            fn __vimage_result<R: $crate::__private::HookResult>(
                hook: impl $crate::__private::core::ops::Fn(&$crate::__private::Arguments) -> R,
                arguments: &$crate::__private::Arguments,
            ) -> $crate::__private::core::result::Result<(), $crate::__private::BoxError> {
                hook(arguments).into_result()
            }
            impl $crate::__private::HasOneAttachHook for $module {
                const HOOK: $crate::__private::AttachFn = |arguments| __vimage_result($call, arguments);
            }
        };
    };
    ($module:path, quiesce, $function:ident ()) => {
        const _: () = {
            impl $crate::__private::HasOneQuiesceHook for $module {
                const HOOK: fn() -> $crate::__private::core::result::Result<(), $crate::__private::BoxError> =
                    || $crate::__private::HookResult::into_result($function());
            }
        };
    };
    ($module:path, detach, $function:ident ()) => {
        const _: () = {
            impl $crate::__private::HasOneDetachHook for $module {
                const HOOK: fn() = $function;
            }
        };
    };
}
