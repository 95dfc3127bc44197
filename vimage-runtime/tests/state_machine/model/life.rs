//! The life of instances and of the module that comes and goes.

use super::{BASE, Failed, Id, Instance, Model, Observer};
use crate::modules::{Event, Fault, NEVER, Step, Trip};

impl Model {
    pub(super) fn step(
        &mut self,
        step: Step,
        what: &'static str,
        number: u64,
        place: Option<Id>,
    ) -> Result<(), Failed> {
        self.events.push(Event { step, what, number, place });
        match Fault::trip(&mut self.faults, step, what) {
            None => Ok(()),
            // These have no other way to fail.
            Some(_) if matches!(step, Step::Detach | Step::Drop | Step::Leave) => Err((what, Trip::Panics)),
            Some(trip) => Err((what, trip)),
        }
    }

    fn hook(&mut self, step: Step, module: &'static str, id: Id) -> Result<(), Failed> {
        self.step(step, module, id, Some(id))
    }

    pub(super) fn is_live(&self, id: Id) -> bool {
        self.instances.get(&id).is_some_and(|instance| !instance.quiesced)
    }

    pub(super) fn add_handle(&mut self, id: Id) {
        self.instance(id).handles += 1;
        self.handles.push(id);
    }

    fn take_id(&mut self) -> Id {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn create(&mut self, tuned: Option<u64>) -> String {
        let id = self.take_id();
        self.parents.insert(id, self.current().unwrap_or(BASE));
        let late = if self.late { vec![NEVER] } else { Vec::new() };
        let value = tuned.unwrap_or_default();
        self.instances.insert(id, Instance { handles: 1, value, late, tags: [NEVER; 2], ..Instance::default() });
        match self.attach(id) {
            Ok(()) => {
                self.handles.push(id);
                "ok".to_owned()
            }
            Err((module, _)) => {
                // Its variables exist, and no hook of it runs any more.
                let mut failures = Vec::new();
                self.forget(id, &mut failures);
                self.reports.extend(failures);
                format!("Attach {module}")
            }
        }
    }

    fn attach(&mut self, id: Id) -> Result<(), Failed> {
        for (index, module) in ["lower", "upper"].into_iter().enumerate() {
            if let Err(failed) = self.hook(Step::Attach, module, id) {
                let mut failures = Vec::new();
                self.detach_first(id, index, &mut failures);
                self.reports.extend(failures);
                return Err(failed);
            }
            self.instance(id).tags[index] = id;
        }
        if self.late {
            if let Err(failed) = self.hook(Step::Attach, "late", id) {
                let mut failures = Vec::new();
                self.detach_first(id, 2, &mut failures);
                self.reports.extend(failures);
                return Err(failed);
            }
            self.attached_late(id);
        }
        Ok(())
    }

    /// In an instance that is destroyed: no handle can be made, so none is current.
    fn last_detach(&mut self, module: &'static str, id: Id, failures: &mut Vec<String>) {
        if self.step(Step::Detach, module, id, None).is_err() {
            failures.push(failure(id, module, None));
        }
    }

    fn attached_late(&mut self, id: Id) {
        let instance = self.instance(id);
        instance.late_attached = true;
        *instance.late.last_mut().expect("its variables were made") = id;
    }

    /// Detaches the first modules of boot.
    fn detach_first(&mut self, id: Id, count: usize, failures: &mut Vec<String>) {
        for module in ["lower", "upper"][..count].iter().rev() {
            self.last_detach(module, id, failures);
        }
    }

    /// Quiesces a live instance; it is live again if a module refuses.
    pub(super) fn shut_down(&mut self, id: Id) -> Result<(), Failed> {
        let late = self.instances[&id].late_attached.then_some("late");
        for module in late.into_iter().chain(["upper", "lower"]) {
            self.hook(Step::Quiesce, module, id)?;
        }
        self.notify_observers(id);
        self.instance(id).quiesced = true;
        Ok(())
    }

    fn notify_observers(&mut self, id: Id) {
        self.instance(id).quiesced = true;
        while !self.instances[&id].observers.is_empty() {
            match self.instance(id).observers.remove(0) {
                Observer::Movable(number) => self.send_home(number),
                Observer::End(link, side) => self.close_in(link, side, Some(id)),
            }
        }
    }

    pub(super) fn destroy(&mut self, handle: usize) -> String {
        let id = self.handles.swap_remove(handle);
        let mut failures = Vec::new();
        let stays = self.try_destroy(id, &mut failures);
        if let Some(stays) = stays {
            self.handles.push(id);
            return stays;
        }
        if failures.is_empty() { "ok".to_owned() } else { format!("Panicked {failures:?}") }
    }

    fn try_destroy(&mut self, id: Id, failures: &mut Vec<String>) -> Option<String> {
        if id == BASE {
            return Some("Base".to_owned());
        }
        let was_live = !self.is_quiesced(id);
        if was_live && let Err((module, _)) = self.shut_down(id) {
            return Some(format!("Refused {module}"));
        }
        if self.instances[&id].handles > 1 {
            self.instance(id).quiesced = !was_live;
            return Some("Busy".to_owned());
        }
        self.end(id, failures);
        None
    }

    /// Drops a handle.
    pub(super) fn release(&mut self, id: Id) {
        if self.instances[&id].handles > 1 {
            self.instance(id).handles -= 1;
            return;
        }
        if !self.is_quiesced(id)
            && let Err((module, _)) = self.shut_down(id)
        {
            self.notify_observers(id);
            self.reports.push(failure(id, module, None));
        }
        if self.dropping {
            self.queued.push(id);
            return;
        }
        let mut failures = Vec::new();
        self.end(id, &mut failures);
        self.reports.extend(failures);
    }

    fn end(&mut self, id: Id, failures: &mut Vec<String>) {
        self.end_one(id, failures);
        if !self.dropping {
            while let Some(id) = self.queued.pop() {
                self.end_one(id, failures);
            }
        }
    }

    fn end_one(&mut self, id: Id, failures: &mut Vec<String>) {
        if std::mem::take(&mut self.instance(id).late_attached) {
            self.last_detach("late", id, failures);
        }
        self.detach_first(id, 2, failures);
        self.drop_variables(id, failures);
    }

    /// The end of an instance whose creation has failed.
    fn forget(&mut self, id: Id, failures: &mut Vec<String>) {
        self.drop_variables(id, failures);
        while let Some(id) = self.queued.pop() {
            self.end_one(id, failures);
        }
    }

    fn drop_variables(&mut self, id: Id, failures: &mut Vec<String>) {
        let instance = self.instances.get_mut(&id).expect("it exists");
        let (late, stash, tags) =
            (std::mem::take(&mut instance.late), std::mem::take(&mut instance.stash), instance.tags);
        self.instances.remove(&id);
        let before = std::mem::replace(&mut self.dropping, true);
        self.drop_tags(id, "late", late, failures);
        self.drop_tags(id, "upper", vec![tags[1]], failures);
        stash.into_iter().for_each(|held| self.release(held));
        self.drop_tags(id, "lower", vec![tags[0]], failures);
        self.dropping = before;
    }

    fn drop_tags(&mut self, id: Id, module: &'static str, tags: Vec<Id>, failures: &mut Vec<String>) {
        for tag in tags.into_iter().rev() {
            if self.step(Step::Drop, module, tag, None).is_err() {
                failures.push(failure(id, module, Some("V_TAG")));
            }
        }
    }

    pub(super) fn list(&self) -> Vec<Id> {
        let root = self.current().unwrap_or(BASE);
        let is_below = |mut id: Id| loop {
            if id == root {
                return true;
            }
            match self.parents.get(&id) {
                Some(&parent) => id = parent,
                None => return false,
            }
        };
        self.live().into_iter().filter(|&id| is_below(id)).collect()
    }

    pub(super) fn register(&mut self) -> String {
        if self.late {
            return "Registered".to_owned();
        }
        let ids = self.ids();
        for &id in &ids {
            let instance = self.instance(id);
            instance.late.push(NEVER);
            instance.late_value = 0;
        }
        for (index, &id) in ids.iter().enumerate() {
            if self.hook(Step::Attach, "late", id).is_err() {
                self.failed_registrations += 1;
                for &id in ids[..index].iter().rev() {
                    self.instance(id).late_attached = false;
                    if self.hook(Step::Detach, "late", id).is_err() {
                        self.reports.push(failure(id, "late", None));
                    }
                }
                return format!("Attach late {id}");
            }
            self.attached_late(id);
        }
        self.late = true;
        "ok".to_owned()
    }

    pub(super) fn unregister(&mut self) -> String {
        if !self.late {
            return "NotRegistered".to_owned();
        }
        if let Some(id) = self.instances.keys().find(|id| **id != BASE) {
            return format!("InUse {id}");
        }
        if self.hook(Step::Quiesce, "late", BASE).is_err() {
            return "Refused late".to_owned();
        }
        self.late = false;
        self.instance(BASE).late_attached = false;
        if self.hook(Step::Detach, "late", BASE).is_err() {
            self.reports.push(failure(BASE, "late", None));
        }
        let tags = std::mem::take(&mut self.instance(BASE).late);
        let mut failures = Vec::new();
        self.drop_tags(BASE, "late", tags, &mut failures);
        self.reports.extend(failures);
        "ok".to_owned()
    }
}

/// As [`described`](crate::modules::described).
pub(super) fn failure(id: Id, module: &str, variable: Option<&str>) -> String {
    format!("Net#{id} {:?} {variable:?}", Some(module))
}
