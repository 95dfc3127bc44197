//! Events for the `tracing` crate, where the feature of that name is on. `lib.rs` lists them for users.

/// `event!("create", header)`, `event!("attach", header, module)`: a step, with class, id and name of the instance, and
/// the module where there is one. `event!("attach failed", header, module, error = source)`: what went wrong.
#[cfg(feature = "tracing")]
macro_rules! event {
    ($what:literal) => {
        $crate::trace::shielded(|| tracing::debug!(target: "vimage", $what))
    };
    ($what:literal, error = $error:expr) => {
        $crate::trace::shielded(|| tracing::warn!(target: "vimage", error = %$error, $what))
    };
    ($what:literal, $header:expr) => {
        $crate::trace::event!(@debug $what, $header, tracing::field::Empty, tracing::field::Empty)
    };
    ($what:literal, $header:expr, error = $error:expr) => {
        $crate::trace::event!(@warn $what, $header, tracing::field::Empty, tracing::field::display(&$error))
    };
    ($what:literal, $header:expr, $module:expr) => {
        $crate::trace::event!(@debug $what, $header, $module.name, tracing::field::Empty)
    };
    ($what:literal, $header:expr, $module:expr, error = $error:expr) => {
        $crate::trace::event!(@warn $what, $header, $module.name, tracing::field::display(&$error))
    };
    (@$level:ident $what:literal, $header:expr, $module:expr, $error:expr) => {{
        let header: &$crate::core::Header = $header;
        $crate::trace::shielded(|| {
            tracing::$level!(
                target: "vimage",
                class = header.class.name,
                id = header.id,
                name = header.name.as_deref(),
                module = $module,
                error = $error,
                $what
            );
        });
    }};
}

/// A subscriber is code of the program's, and so is the text of an error; their panic must not stop a life half-way.
#[cfg(feature = "tracing")]
pub(crate) fn shielded(event: impl FnOnce()) {
    _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(event));
}

#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($what:literal $(, error = $error:expr)?) => {{
        $(_ = &$error;)?
    }};
    ($what:literal, $header:expr $(, error = $error:expr)?) => {{
        _ = $header;
        $(_ = &$error;)?
    }};
    ($what:literal, $header:expr, $module:expr $(, error = $error:expr)?) => {{
        (_, _) = ($header, $module);
        $(_ = &$error;)?
    }};
}

pub(crate) use event;
