//! The cold path: an accessor has found nothing. It is given one constant, so that the hot path keeps
//! nothing for it.

use std::ptr::NonNull;

use super::variable::VariableEntry;
use crate::core::Header;
use crate::core::context::{self, Current};
use crate::current;
use crate::error::Chain;
use crate::registry::{NoContext, Register};

/// The part in the current instance, by whatever the class says about a missing context.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn find(variable: &'static VariableEntry) -> *const u8 {
    in_instance(instance_or_panic(variable), variable)
}

/// Looks again at a use whose region found nothing at its head: the process may have booted since.
///
/// Only the base instance will do, which is never freed: any other one was entered inside the region, by a macro around
/// the use, and may be destroyed before the region ends.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn find_base(variable: &'static VariableEntry) -> *const u8 {
    let instance = instance_or_panic(variable);
    let found = in_instance(instance, variable);
    if instance == variable.module().class.laid_out().base() { found } else { entered_after_head(variable) }
}

/// The same where the class does not fall back on its base instance, and the module is one of boot: nothing can have
/// come since that the region may use.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn not_found(variable: &'static VariableEntry) -> ! {
    in_instance(instance_or_panic(variable), variable);
    entered_after_head(variable)
}

#[track_caller]
fn in_instance(instance: NonNull<Header>, variable: &'static VariableEntry) -> *const u8 {
    let found = variable.part.find(|| instance.as_ptr().cast_const().cast());
    if found.is_absent() { not_registered(variable) } else { found.as_ptr() }
}

/// The current instance of the class, by whatever the class says about a missing context.
#[track_caller]
fn instance_or_panic(variable: &'static VariableEntry) -> NonNull<Header> {
    let class = variable.module().class;
    let (name, module, class_name) = (variable.name, variable.module().name, class.name);
    let found = context::found(class);
    if let Current::Instance(instance) = found {
        return instance;
    }
    if let Current::Barred = found {
        panic!(
            "`{name}` of module `{module}`: no {class_name} instance is current while the variables of an instance \
             are being dropped, in what its last hooks have started, and in a thread from `spawn_weak` outside of \
             `WeakContexts::enter`\nhelp: use the variable in a `#[detach]` hook, or inside of `enter`"
        );
    }
    if class.no_context == NoContext::Base {
        match current::adopt_base(class, format_args!("`{name}` of module `{module}`")) {
            Ok(base) => return base,
            Err(error) => {
                panic!("`{name}` of module `{module}`: the base {class_name} instance was not made: {}", Chain(&error))
            }
        }
    }
    panic!(
        "`{name}` of module `{module}`: no {class_name} instance is current on this thread{}\nhelp: enter one with \
         `instance.enter(|| …)`, the base one with `vimage::boot()?.enter(|| …)`, or name one with \
         `{name}.of(&instance)`\nhelp: tasks and threads do not inherit one: `spawn(task.within_current())`, \
         `vimage::thread::spawn(…)`\nnote: there are instances because the feature `vimage` is on: `cargo tree -e features -i \
         vimage` shows which package enables it",
        match context::stack::last_left() {
            Some(last) => format!("; the last one here was {}, entered at {}", last.instance, last.entered),
            None => String::new(),
        }
    );
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn not_registered(variable: &'static VariableEntry) -> ! {
    panic!(
        "`{}`: no instance has the variables of module {}, which is not registered\nhelp: {}",
        variable.name,
        variable.module(),
        match variable.module().register {
            Register::Manual => format!("call `vimage::module::register({:?})` first", variable.module().name),
            Register::Boot =>
                "if it came with a library that was loaded after boot, call `vimage::module::register`; otherwise the linker \
                 dropped it"
                    .to_owned(),
        }
    );
}

#[track_caller]
fn entered_after_head(variable: &'static VariableEntry) -> ! {
    panic!(
        "`{}` was resolved before an instance was entered in this function, or before its module {} was registered\nhelp: \
         move the use into a closure passed to `enter`, or into a function of its own",
        variable.name,
        variable.module()
    );
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn shutting_down(variable: &'static VariableEntry) -> ! {
    panic!(
        "`{}` of module `{}`: the current {} instance is being destroyed and cannot be held any more",
        variable.name,
        variable.module().name,
        variable.module().class.name
    );
}
