//! The events of [vimage](vimage::events) as events of the crate `tracing`.
//!
//! ```
//! vimage_tracing::install();
//! vimage::boot()?; // an event of the target `vimage`: `boot`
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each event has the target `vimage` and the level `DEBUG`, or `WARN` for a step that failed. The message is the step, as in
//! [the table](vimage::events#the-steps); the fields are `class`, `id` and `name` of the instance, `module`, and `error`,
//! as far as the step has them.

use vimage::events::{self, Event};

/// Subscribes to the events of vimage; replaces another subscriber.
///
/// ```
/// vimage_tracing::install(); // before boot, so that it sees all of it
/// vimage::boot()?;
/// # Ok::<(), vimage::BootError>(())
/// ```
pub fn install() {
    events::set_subscriber(Some(forward));
}

/// Makes an event of vimage one of `tracing`: for subscribers that do more than this.
///
/// ```
/// vimage::events::set_subscriber(Some(|event| {
///     if event.error.is_some() {
///         eprintln!("{event:?}");
///     }
///     vimage_tracing::forward(event);
/// }));
/// ```
pub fn forward(event: &Event<'_>) {
    macro_rules! forward {
        ($level:ident) => {
            tracing::$level!(
                target: "vimage",
                class = event.class,
                id = event.id,
                name = event.name,
                module = event.module,
                error = event.error.map(display),
                "{}",
                event.message
            )
        };
    }
    match event.error {
        None => forward!(debug),
        Some(_) => forward!(warn),
    }
}
