//! Boot: once per process, from the collected entries to base instances that are attached.

#[cfg(all(test, vimage_shuttle))]
mod models;
mod once;

use once::{Found, Once};

use crate::core::ClassState;
use crate::core::create::{attach, create_base, detach_all};
use crate::error::{BootError, Chain};
use crate::export;
use crate::layout::order;
use crate::registry::{self, Arguments, Entry, classes};

/// Bytes at the end of each instance for modules that are not linked into the program, if the program does not say.
const RESERVE: usize = 256;

static BOOT: Once<BootError> = Once::new();

/// Boots if that has not happened yet. Inside a hook of boot itself it is enough that the instances exist.
#[inline]
pub(crate) fn ensure() -> Result<(), BootError> {
    if is_over() { Ok(()) } else { ensure_slowly(None) }
}

/// Boot is over, and was a success.
#[inline]
pub(crate) fn is_over() -> bool {
    BOOT.is_up()
}

/// Boots with this reserve.
pub(crate) fn with_reserve(bytes: usize) -> Result<(), BootError> {
    ensure_slowly(Some(bytes))
}

/// As [`ensure`], for what a hook of boot must not do.
#[inline]
pub(crate) fn ensure_over() -> Result<(), BootError> {
    if is_over() {
        return Ok(());
    }
    match once(None) {
        Found::Done(outcome) | Found::Over(outcome) => outcome.clone(),
        Found::InProgress => Err(BootError::InProgress),
    }
}

#[cold]
fn ensure_slowly(reserve: Option<usize>) -> Result<(), BootError> {
    match (once(reserve), reserve) {
        (Found::Done(outcome), _) | (Found::Over(outcome), None) => outcome.clone(),
        (Found::Over(outcome), Some(_)) => outcome.clone().and(Err(BootError::AlreadyBooted)),
        (Found::InProgress, None) => Ok(()),
        (Found::InProgress, Some(_)) => Err(BootError::AlreadyBooted),
    }
}

#[cold]
fn once(reserve: Option<usize>) -> Found<'static, BootError> {
    BOOT.once(|| {
        let outcome = run(&registry::collected(), reserve.unwrap_or(RESERVE));
        match &outcome {
            Ok(()) => crate::events::event!("boot"),
            Err(error) => {
                let causes = Chain(error);
                crate::events::event!("boot failed"; error = causes);
            }
        }
        outcome
    })
}

fn run(entries: &[Entry], reserve: usize) -> Result<(), BootError> {
    if let Some(missing) = registry::missing(entries) {
        return Err(BootError::NotCollected { missing });
    }
    let states = order(entries)?
        .into_iter()
        .map(|ordered| Ok((ordered.class, ClassState::lay_out(ordered, reserve)?)))
        .collect::<Result<Vec<_>, BootError>>()?;
    let laid_out: Vec<_> = states.iter().map(|(class, _)| *class).collect();
    for (class, state) in states {
        for (part, offset) in &state.parts {
            // SAFETY: all instances are made later, with this layout, in which offsets come after a header.
            unsafe { part.publish(*offset) };
        }
        class.set_state(state);
    }
    registry::set_classes(laid_out);

    for class in classes() {
        class.set_base(create_base(class, class.laid_out()));
    }
    // Before the hooks, so that a process that crashes in one can be read.
    export::publish();
    attach_bases()
}

/// Attaches the base instances, class by class. If one fails, those before it are detached again.
fn attach_bases() -> Result<(), BootError> {
    for (index, class) in classes().iter().enumerate() {
        if let Err(error) = attach(class.laid_out().base_handle(), &Arguments::default()) {
            for class in classes()[..index].iter().rev() {
                detach_all(class.laid_out().base_handle());
            }
            return Err(BootError::Attach(error));
        }
    }
    Ok(())
}
