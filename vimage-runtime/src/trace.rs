//! Events for the `tracing` crate, where the feature of that name is on.

/// `event!("create", header)` and `event!("attach", header, module)`: class, id and name of the instance, and the
/// module where there is one.
#[cfg(feature = "tracing")]
macro_rules! event {
    ($what:literal) => {
        $crate::trace::shielded(|| tracing::debug!(target: "vimage", $what))
    };
    ($what:literal, $header:expr) => {
        $crate::trace::event!(@ $what, $header, module = tracing::field::Empty)
    };
    ($what:literal, $header:expr, $module:expr) => {
        $crate::trace::event!(@ $what, $header, module = $module.name)
    };
    (@ $what:literal, $header:expr, module = $module:expr) => {{
        let header: &$crate::instance::Header = $header;
        $crate::trace::shielded(|| {
            tracing::debug!(
                target: "vimage",
                class = header.class.name,
                id = header.id,
                name = header.name.as_deref(),
                module = $module,
                $what
            );
        });
    }};
}

/// A subscriber is code of the program's, and its panic must not stop a life half-way.
#[cfg(feature = "tracing")]
pub(crate) fn shielded(event: impl FnOnce()) {
    _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(event));
}

#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($what:literal $(, $header:expr $(, $module:expr)?)?) => {{
        $(_ = $header; $(_ = $module;)?)?
    }};
}

pub(crate) use event;
