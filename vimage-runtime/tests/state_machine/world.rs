//! The same tables as those of the model, of what the runtime has.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use vimage::link::{self, Endpoint, TryRecvError, TrySendError};
use vimage::module::{self, RegisterError};
use vimage::prelude::*;
use vimage::sysctl::{self, Key};
use vimage::{Bound, Contexts, CreateError, DestroyError, Movable, MoveError, ShutdownError, WeakInstance};

use crate::model::CAPACITY;
use crate::modules::{Value, current, described, lower};
use crate::ops::Op;

/// Whether a closure was called, and in which instance it ran.
type Called = Option<Option<u64>>;

enum Binding {
    Closure(Box<dyn FnMut() -> Called + Send>),
    Value(Bound<Value>),
}

pub struct World {
    handles: Vec<Vnet>,
    weak: BTreeMap<u64, WeakInstance<Net>>,
    movables: Vec<Movable<Value>>,
    ends: Vec<Endpoint<Value>>,
    bound: Vec<Binding>,
    /// Looked up when the module was registered for the first time.
    late: Option<Key<u64>>,
    values: u64,
}

fn ok() -> String {
    "ok".to_owned()
}

/// A value that nothing takes is dropped here, where its panic does no harm.
fn drop_here(value: Value) {
    _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// What the closure returns is where it runs.
fn place_of(value: &Value) -> Called {
    assert!(value.number > 0);
    Some(current())
}

impl World {
    /// With the number of the last value.
    pub fn new(values: u64) -> Self {
        let base = Vnet::base().unwrap();
        Self {
            handles: Vec::new(),
            weak: BTreeMap::from([(base.id(), base.downgrade())]),
            movables: Vec::new(),
            ends: Vec::new(),
            bound: Vec::new(),
            late: None,
            values,
        }
    }

    pub fn handle(&self, handle: usize) -> &Vnet {
        &self.handles[handle]
    }

    fn value(&mut self, kind: &'static str) -> Value {
        self.values += 1;
        Value::new(kind, self.values)
    }

    fn found(&mut self, found: Option<Vnet>) -> String {
        let is_found = found.is_some();
        self.handles.extend(found);
        is_found.to_string()
    }

    fn bind(&mut self, closure: impl FnMut() -> Called + Send + 'static) -> String {
        self.bound.push(Binding::Closure(Box::new(closure)));
        ok()
    }

    /// Does what the model does in [`Model::apply`](crate::model::Model::apply), and tells it in the same words.
    pub fn execute(&mut self, op: Op) -> String {
        match op {
            Op::Nothing => ok(),
            Op::Create { tuned } => self.create(tuned),
            Op::Clone(handle) => {
                self.handles.push(self.handles[handle].clone());
                ok()
            }
            Op::Drop(handle) => {
                drop(self.handles.swap_remove(handle));
                ok()
            }
            Op::Destroy(handle) => self.destroy(handle),
            Op::Shutdown(handle) => match self.handles[handle].shutdown() {
                Ok(()) => ok(),
                Err(ShutdownError::Base) => "Base".to_owned(),
                Err(ShutdownError::Refused { module, .. }) => format!("Refused {module}"),
                Err(error) => format!("{error:?}"),
            },
            Op::Find(id) => {
                let found = Vnet::by_id(id).unwrap();
                self.found(found)
            }
            Op::Upgrade(id) => {
                let found = self.weak.get(&id).and_then(WeakInstance::upgrade);
                self.found(found)
            }
            Op::Stash(of, into) => {
                let into = self.handles[into].clone();
                let held = self.handles.swap_remove(of);
                lower::V_STASH.of(&into).lock().unwrap().push(held);
                ok()
            }
            Op::Unstash(handle) => {
                let held = lower::V_STASH.of(&self.handles[handle]).lock().unwrap().pop();
                self.handles.extend(held);
                ok()
            }
            Op::Set(handle, value) => {
                sysctl::of(&self.handles[handle]).set("state.value", value).unwrap();
                ok()
            }
            Op::Get(handle) => sysctl::of(&self.handles[handle]).get_as::<u64>("state.value").unwrap().to_string(),
            Op::GetCurrent => match sysctl::get_as::<u64>("state.value") {
                Ok(value) => value.to_string(),
                Err(sysctl::Error::NoInstance { .. }) => "no context".to_owned(),
                Err(error) => format!("{error:?}"),
            },
            Op::SetLate(handle, value) => match sysctl::of(&self.handles[handle]).set("state.late", value) {
                Ok(()) => ok(),
                Err(sysctl::Error::Unknown { .. }) => "unknown".to_owned(),
                Err(error) => format!("{error:?}"),
            },
            Op::GetLate(handle) => self.get_late(handle),
            Op::List => format!("{:?}", Vnet::list().map(|vnet| vnet.id()).collect::<Vec<_>>()),
            Op::Register => match module::register("late") {
                Ok(()) => ok(),
                Err(RegisterError::Registered { .. }) => "Registered".to_owned(),
                Err(RegisterError::Attach(error)) => {
                    let text = error.to_string();
                    format!("Attach {} {}", error.module(), text.rsplit('#').next().unwrap())
                }
                Err(error) => format!("{error:?}"),
            },
            Op::Unregister => self.unregister(),
            Op::NewMovable(handle) => {
                let value = self.value("movable");
                match Movable::new_in(&self.handles[handle], value) {
                    Ok(movable) => {
                        self.movables.push(movable);
                        ok()
                    }
                    Err(error) => {
                        drop_here(error.into_inner());
                        "refused".to_owned()
                    }
                }
            }
            Op::MoveTo(movable, to) => moved(|| self.movables[movable].move_to(&self.handles[to])),
            Op::TakeHome(movable) => moved(|| self.movables[movable].take_home()),
            Op::UseMovable(movable) => {
                let movable = &mut self.movables[movable];
                let place = movable.enter(|_| current());
                assert_eq!(Some(movable.instance().id()), place);
                format!("{place:?}")
            }
            Op::DropMovable(movable) => {
                drop(self.movables.swap_remove(movable));
                ok()
            }
            Op::Link(a, b) => match link::with_capacity(CAPACITY, &self.handles[a], &self.handles[b]) {
                Ok((a, b)) => {
                    self.ends.extend([a, b]);
                    ok()
                }
                Err(_) => "refused".to_owned(),
            },
            Op::Send(end) => {
                let message = self.value("message");
                match self.ends[end].try_send(message) {
                    Ok(()) => ok(),
                    Err(TrySendError::Full(_)) => "Full".to_owned(),
                    Err(TrySendError::Closed(_)) => "Closed".to_owned(),
                }
            }
            Op::Receive(end) => match self.ends[end].try_recv() {
                Ok(message) => message.number.to_string(),
                Err(TryRecvError::Empty) => "Empty".to_owned(),
                Err(TryRecvError::Closed) => "Closed".to_owned(),
            },
            Op::TakeBack(end) => {
                let taken = self.ends[end].take_back();
                format!("{:?}", taken.iter().map(|message| message.number).collect::<Vec<_>>())
            }
            Op::Close(end) => {
                self.ends[end].close();
                ok()
            }
            Op::DropEnd(end) => {
                drop(self.ends.swap_remove(end));
                ok()
            }
            Op::Bind(handle) => {
                let value = self.value("bound");
                let closure = self.handles[handle].bind_mut(move || place_of(&value));
                self.bind(closure)
            }
            Op::BindWeak(handle) => {
                let value = self.value("bound");
                let mut closure = self.handles[handle].downgrade().bind_mut(move || place_of(&value));
                self.bind(move || closure().flatten())
            }
            Op::Capture => {
                let value = self.value("bound");
                let closure = Contexts::current().bind_mut(move || place_of(&value));
                self.bind(closure)
            }
            Op::CaptureWeak => {
                let value = self.value("bound");
                let mut closure = Contexts::current().downgrade().bind_mut(move || place_of(&value));
                self.bind(move || closure().flatten())
            }
            Op::NewBound(handle) => {
                let value = self.value("bound");
                match Bound::new_in(&self.handles[handle], value) {
                    Ok(bound) => {
                        self.bound.push(Binding::Value(bound));
                        ok()
                    }
                    Err(error) => {
                        drop_here(error.into_inner());
                        "refused".to_owned()
                    }
                }
            }
            Op::Call(bound) => {
                let called = match &mut self.bound[bound] {
                    Binding::Closure(closure) => closure(),
                    Binding::Value(value) => value.enter(place_of),
                };
                called.map_or("not called".to_owned(), |place| format!("{place:?}"))
            }
            Op::DropBound(bound) => {
                drop(self.bound.swap_remove(bound));
                ok()
            }
            Op::Enter(_) | Op::Isolate | Op::Leave | Op::LeavePanicking => unreachable!("the threads do these"),
        }
    }

    fn create(&mut self, tuned: Option<u64>) -> String {
        let builder = Vnet::builder();
        let builder = match tuned {
            Some(value) => builder.sysctl("state.value", value),
            None => builder,
        };
        match builder.create() {
            Ok(vnet) => {
                self.weak.insert(vnet.id(), vnet.downgrade());
                self.handles.push(vnet);
                ok()
            }
            Err(CreateError::Attach(error)) => format!("Attach {}", error.module()),
            Err(error) => format!("{error:?}"),
        }
    }

    fn destroy(&mut self, handle: usize) -> String {
        let (text, instance) = match self.handles.swap_remove(handle).destroy() {
            Ok(()) => (ok(), None),
            Err(DestroyError::Base(instance)) => ("Base".to_owned(), Some(instance)),
            Err(DestroyError::Busy { instance, .. }) => ("Busy".to_owned(), Some(instance)),
            Err(DestroyError::Refused { instance, module, .. }) => (format!("Refused {module}"), Some(instance)),
            Err(DestroyError::Panicked(failures)) => {
                (format!("Panicked {:?}", failures.iter().map(described).collect::<Vec<_>>()), None)
            }
            Err(error) => (format!("{error:?}"), error.into_instance()),
        };
        self.handles.extend(instance);
        text
    }

    /// By name, and by what the name meant once.
    fn get_late(&mut self, handle: usize) -> String {
        let vnet = &self.handles[handle];
        let by_name = match sysctl::of(vnet).get_as::<u64>("state.late") {
            Ok(value) => value.to_string(),
            Err(sysctl::Error::Unknown { .. }) => "unknown".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        if self.late.is_none() {
            self.late = sysctl::of(vnet).key("state.late").ok();
        }
        let by_key = match self.late.as_ref().map(|key| key.of(vnet).get()) {
            None => return by_name,
            Some(Ok(value)) => value.to_string(),
            Some(Err(sysctl::Error::Gone { .. })) => "gone".to_owned(),
            Some(Err(error)) => format!("{error:?}"),
        };
        format!("{by_name} {by_key}")
    }

    fn unregister(&mut self) -> String {
        // SAFETY: its code consists of hooks, which run inside of other operations only; its variables are reached
        // through its sysctl, for the time of an operation.
        match unsafe { module::unregister("late") } {
            Ok(()) => ok(),
            Err(RegisterError::NotRegistered { .. }) => "NotRegistered".to_owned(),
            Err(RegisterError::InUse { by, .. }) => format!("InUse {}", by.rsplit('#').next().unwrap()),
            Err(RegisterError::Refused { module, .. }) => format!("Refused {module}"),
            Err(error) => format!("{error:?}"),
        }
    }
}

/// The result of moving a value, whose steps may panic.
fn moved(attempt: impl FnOnce() -> Result<(), MoveError<String>>) -> String {
    match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(())) => ok(),
        Ok(Err(MoveError::Refused(_))) => "Refused".to_owned(),
        Ok(Err(MoveError::Join { .. })) => "Join".to_owned(),
        Ok(Err(MoveError::Stranded { .. })) => "Stranded".to_owned(),
        Ok(Err(error)) => format!("{error:?}"),
        Err(_) => "panicked".to_owned(),
    }
}
