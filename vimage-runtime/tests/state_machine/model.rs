//! What the runtime is expected to do: instances are rows of a table, and everything happens in one thread.

use std::collections::BTreeMap;

use crate::modules::{Event, Fault, Trip};
use crate::ops::{Op, RawStep, THREADS};

pub type Id = u64;
pub const BASE: Id = 0;

/// There are at most this many of each: then more is not more.
const MOST_INSTANCES: usize = 8;
const MOST: usize = 16;
const DEEPEST: usize = 5;
pub const CAPACITY: usize = 2;

#[derive(Debug, Default)]
struct Instance {
    handles: usize,
    /// Shut down, so that nothing new can be bound to it.
    quiesced: bool,
    late_attached: bool,
    /// The tags of the variables of `late`, one for each time it was registered.
    late: Vec<Id>,
    /// Those of `lower` and `upper`.
    tags: [Id; 2],
    value: u64,
    late_value: u64,
    stash: Vec<Id>,
    observers: Vec<Observer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Observer {
    Movable(u64),
    End(usize, usize),
}

#[derive(Debug)]
struct Movable {
    number: u64,
    home: Id,
    /// Where it is lent to.
    lent: Option<Id>,
    joined: bool,
}

#[derive(Debug, Default)]
struct Link {
    places: [Id; 2],
    /// The messages to each side.
    queues: [Vec<u64>; 2],
    closed: [bool; 2],
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    Strong(Option<Id>),
    Weak(Option<Id>),
    Value(Id),
}

#[derive(Debug)]
pub struct Model {
    instances: BTreeMap<Id, Instance>,
    /// Also of those that are destroyed.
    parents: BTreeMap<Id, Id>,
    next: Id,
    first: Id,
    pub handles: Vec<Id>,
    movables: Vec<Movable>,
    links: Vec<Link>,
    /// Link and side.
    ends: Vec<(usize, usize)>,
    bound: Vec<(Bound, u64)>,
    frames: [Vec<Option<Id>>; THREADS],
    late: bool,
    late_was_found: bool,
    values: u64,
    thread: usize,
    faults: Vec<Fault>,
    pub events: Vec<Event>,
    pub reports: Vec<String>,
    /// Instances that are destroyed when the variables that are being dropped are dropped.
    queued: Vec<Id>,
    dropping: bool,
    /// Registrations that failed: each one keeps its place in the reserve.
    pub failed_registrations: usize,
}

type Failed = (&'static str, Trip);

impl Model {
    /// With the base instance, and the id that comes next.
    pub fn new(next: Id, values: u64, failed_registrations: usize) -> Self {
        let base = Instance { handles: 1, tags: [BASE; 2], ..Instance::default() };
        Self {
            instances: BTreeMap::from([(BASE, base)]),
            parents: BTreeMap::new(),
            next,
            first: next,
            handles: Vec::new(),
            movables: Vec::new(),
            links: Vec::new(),
            ends: Vec::new(),
            bound: Vec::new(),
            frames: Default::default(),
            late: false,
            late_was_found: false,
            values,
            thread: 0,
            faults: Vec::new(),
            events: Vec::new(),
            reports: Vec::new(),
            queued: Vec::new(),
            dropping: false,
            failed_registrations,
        }
    }

    pub fn ids(&self) -> Vec<Id> {
        self.instances.keys().copied().collect()
    }

    /// Those that lists and look-ups find.
    pub fn live(&self) -> Vec<Id> {
        self.instances.iter().filter(|(_, instance)| !instance.quiesced).map(|(id, _)| *id).collect()
    }

    pub fn is_quiesced(&self, id: Id) -> bool {
        self.instances[&id].quiesced
    }

    pub fn value_of(&self, id: Id) -> u64 {
        self.instances[&id].value
    }

    /// The number of the last value.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// An operation that releases something, as long as there is something.
    pub fn next_release(&self) -> Option<(usize, Op)> {
        let inside = self.frames.iter().position(|frames| !frames.is_empty());
        let first = |is_empty: bool, op| (!is_empty).then_some((0, op));
        inside
            .map(|thread| (thread, Op::Leave))
            .or_else(|| first(self.movables.is_empty(), Op::DropMovable(0)))
            .or_else(|| first(self.ends.is_empty(), Op::DropEnd(0)))
            .or_else(|| first(self.bound.is_empty(), Op::DropBound(0)))
            .or_else(|| first(self.handles.is_empty(), Op::Drop(0)))
            .or_else(|| first(!self.late, Op::Unregister))
            // Then it can be unregistered, which drops what failed registrations have left in the base instance.
            .or_else(|| first(self.instances[&BASE].late.is_empty(), Op::Register))
    }

    fn current(&self) -> Option<Id> {
        self.frames[self.thread].last().copied().flatten()
    }

    fn instance(&mut self, id: Id) -> &mut Instance {
        self.instances.get_mut(&id).expect("the model knows it")
    }

    /// The operation that a raw step is.
    pub fn resolve(&self, raw: &RawStep) -> Op {
        let pick = |count: usize, number: u8| (count > 0).then(|| usize::from(number) % count);
        let (first, second) = (raw.first, raw.second);
        let handle = |number| pick(self.handles.len(), number);
        let new = |op: Option<Op>, count: usize| if count < MOST { op } else { None };
        // Also ids that no instance has any more, or yet.
        let id = match self.first + u64::from(first) % (self.next - self.first + 2) {
            id if id == self.next + 1 => BASE,
            id => id,
        };
        let deep = self.frames[raw.thread].len() >= DEEPEST;
        let bound = self.bound.len();
        let op = match raw.kind % 85 {
            0..=6 if self.instances.len() < MOST_INSTANCES => {
                Some(Op::Create { tuned: (second % 2 == 0).then_some(u64::from(first)) })
            }
            7..=9 => new(handle(first).map(Op::Clone), self.handles.len()),
            10..=14 => handle(first).map(Op::Drop),
            15..=18 | 0..=6 => handle(first).map(Op::Destroy),
            19..=20 => handle(first).map(Op::Shutdown),
            21 => new(Some(Op::Find(id)), self.handles.len()),
            22 => new(Some(Op::Upgrade(id)), self.handles.len()),
            23..=24 => handle(first).zip(handle(second)).map(|(of, into)| Op::Stash(of, into)),
            25 => handle(first).map(Op::Unstash),
            26 => handle(first).map(|handle| Op::Set(handle, u64::from(second))),
            27 => handle(first).map(Op::Get),
            28 => Some(Op::GetCurrent),
            29 => handle(first).map(|handle| Op::SetLate(handle, u64::from(second))),
            30 => handle(first).map(Op::GetLate),
            31 => Some(Op::List),
            32..=33 => Some(Op::Register),
            34 => Some(Op::Unregister),
            35..=36 | 64..=67 => new(handle(first).map(Op::NewMovable), self.movables.len()),
            37..=39 | 68..=76 => {
                pick(self.movables.len(), first).zip(handle(second)).map(|(what, to)| Op::MoveTo(what, to))
            }
            40 => pick(self.movables.len(), first).map(Op::TakeHome),
            41 => pick(self.movables.len(), first).map(Op::UseMovable),
            42 => pick(self.movables.len(), first).map(Op::DropMovable),
            43 | 77..=79 => new(handle(first).zip(handle(second)).map(|(a, b)| Op::Link(a, b)), self.ends.len()),
            44..=45 | 80..=84 => pick(self.ends.len(), first).map(Op::Send),
            46 => pick(self.ends.len(), first).map(Op::Receive),
            47 => pick(self.ends.len(), first).map(Op::TakeBack),
            48 => pick(self.ends.len(), first).map(Op::Close),
            49 => pick(self.ends.len(), first).map(Op::DropEnd),
            50 => new(handle(first).map(Op::Bind), bound),
            51 => new(handle(first).map(Op::BindWeak), bound),
            52 => new(Some(Op::Capture), bound),
            53 => new(Some(Op::CaptureWeak), bound),
            54 => new(handle(first).map(Op::NewBound), bound),
            55 => pick(bound, first).map(Op::Call),
            56 => pick(bound, first).map(Op::DropBound),
            57..=59 if !deep => handle(first).map(Op::Enter),
            60 if !deep => Some(Op::Isolate),
            61 => Some(Op::LeavePanicking),
            _ => Some(Op::Leave),
        };
        op.map_or(Op::Nothing, |op| self.possible(op, raw.thread))
    }

    /// Leaves out what is not allowed, or would keep an instance for good.
    fn possible(&self, op: Op, thread: usize) -> Op {
        let is_possible = match op {
            Op::Stash(of, into) => {
                let (of, into) = (self.handles[of], self.handles[into]);
                of != BASE && into != BASE && !self.reaches(of, into)
            }
            Op::Unstash(of) => !self.instances[&self.handles[of]].stash.is_empty() && self.handles.len() < MOST,
            Op::Leave | Op::LeavePanicking => !self.frames[thread].is_empty(),
            Op::Register => self.failed_registrations < 400,
            _ => true,
        };
        if is_possible { op } else { Op::Nothing }
    }

    /// Whether an instance holds another one, by its stash and those of the ones in it.
    fn reaches(&self, from: Id, to: Id) -> bool {
        from == to || self.instances[&from].stash.iter().any(|&held| self.reaches(held, to))
    }

    /// Takes an operation; returns what it returns.
    pub fn apply(&mut self, thread: usize, op: Op, faults: Vec<Fault>) -> String {
        (self.thread, self.faults) = (thread, faults);
        self.result(op)
    }

    #[expect(clippy::too_many_lines, reason = "a line for each operation")]
    fn result(&mut self, op: Op) -> String {
        let ok = || "ok".to_owned();
        match op {
            Op::Nothing => ok(),
            Op::Create { tuned } => self.create(tuned),
            Op::Clone(handle) => {
                let id = self.handles[handle];
                self.add_handle(id);
                ok()
            }
            Op::Drop(handle) => {
                let id = self.handles.swap_remove(handle);
                self.release(id);
                ok()
            }
            Op::Destroy(handle) => self.destroy(handle),
            Op::Shutdown(handle) => match self.handles[handle] {
                BASE => "Base".to_owned(),
                id if self.is_quiesced(id) => ok(),
                id => self.shut_down(id).map_or_else(|(module, _)| format!("Refused {module}"), |()| ok()),
            },
            Op::Find(id) | Op::Upgrade(id) => {
                let found = self.instances.get(&id).is_some_and(|instance| !instance.quiesced);
                if found {
                    self.add_handle(id);
                }
                found.to_string()
            }
            Op::Stash(of, into) => {
                let into = self.handles[into];
                let of = self.handles.swap_remove(of);
                self.instance(into).stash.push(of);
                ok()
            }
            Op::Unstash(handle) => {
                let id = self.handles[handle];
                let held = self.instance(id).stash.pop().expect("there is one");
                self.handles.push(held);
                ok()
            }
            Op::Set(handle, value) => {
                self.instances.get_mut(&self.handles[handle]).expect("there is a handle").value = value;
                ok()
            }
            Op::Get(handle) => self.value_of(self.handles[handle]).to_string(),
            Op::GetCurrent => self.current().map_or("no context".to_owned(), |id| self.value_of(id).to_string()),
            Op::SetLate(handle, value) => {
                if !self.late {
                    return "unknown".to_owned();
                }
                self.instances.get_mut(&self.handles[handle]).expect("there is a handle").late_value = value;
                ok()
            }
            Op::GetLate(handle) => {
                self.late_was_found |= self.late;
                let value = self.instances[&self.handles[handle]].late_value;
                match (self.late, self.late_was_found) {
                    (true, _) => format!("{value} {value}"),
                    (false, true) => "unknown gone".to_owned(),
                    (false, false) => "unknown".to_owned(),
                }
            }
            Op::List => format!("{:?}", self.list()),
            Op::Register => self.register(),
            Op::Unregister => self.unregister(),
            Op::NewMovable(handle) => {
                let (home, number) = (self.handles[handle], self.new_value());
                if self.is_quiesced(home) {
                    _ = self.drop_value("movable", number, self.current());
                    return "refused".to_owned();
                }
                self.instance(home).handles += 1;
                self.movables.push(Movable { number, home, lent: None, joined: true });
                ok()
            }
            Op::MoveTo(movable, to) => self.move_to(movable, self.handles[to]),
            Op::TakeHome(movable) => self.move_to(movable, self.movables[movable].home),
            Op::UseMovable(movable) => format!("{:?}", Some(self.place_of(movable))),
            Op::DropMovable(movable) => self.drop_movable(movable),
            Op::Link(a, b) => self.link([self.handles[a], self.handles[b]]),
            Op::Send(end) => self.send(end),
            Op::Receive(end) => self.receive(end),
            Op::TakeBack(end) => {
                let (link, side) = self.ends[end];
                let mut taken = Vec::new();
                if self.links[link].closed[1 - side] {
                    taken = std::mem::take(&mut self.links[link].queues[1 - side]);
                }
                let place = self.current();
                taken.iter().for_each(|&number| _ = self.drop_value("message", number, place));
                format!("{taken:?}")
            }
            Op::Close(end) => {
                let (link, side) = self.ends[end];
                self.close(link, side);
                ok()
            }
            Op::DropEnd(end) => {
                let (link, side) = self.ends.swap_remove(end);
                self.drop_end(link, side);
                ok()
            }
            Op::Bind(handle) => self.bind(|id| Bound::Strong(Some(id)), Some(handle)),
            Op::BindWeak(handle) => self.bind(|id| Bound::Weak(Some(id)), Some(handle)),
            Op::Capture | Op::CaptureWeak => {
                let (current, number) = (self.current(), self.new_value());
                let is_weak = matches!(op, Op::CaptureWeak);
                if let Some(id) = current.filter(|_| !is_weak) {
                    self.instance(id).handles += 1;
                }
                self.bound.push((if is_weak { Bound::Weak(current) } else { Bound::Strong(current) }, number));
                ok()
            }
            Op::NewBound(handle) => {
                if self.is_quiesced(self.handles[handle]) {
                    let number = self.new_value();
                    _ = self.drop_value("bound", number, self.current());
                    return "refused".to_owned();
                }
                self.bind(Bound::Value, Some(handle))
            }
            Op::Call(bound) => match self.bound[bound].0 {
                Bound::Strong(place) => format!("{place:?}"),
                Bound::Value(place) => format!("{:?}", Some(place)),
                Bound::Weak(Some(id)) if !self.is_live(id) => "not called".to_owned(),
                Bound::Weak(place) => format!("{place:?}"),
            },
            Op::DropBound(bound) => {
                let (bound, number) = self.bound.swap_remove(bound);
                self.drop_bound(bound, number);
                ok()
            }
            Op::Enter(handle) => {
                let id = self.handles[handle];
                self.instance(id).handles += 1;
                self.frames[self.thread].push(Some(id));
                ok()
            }
            Op::Isolate => {
                self.frames[self.thread].push(None);
                ok()
            }
            Op::Leave | Op::LeavePanicking => {
                if let Some(id) = self.frames[self.thread].pop().expect("it is in something") {
                    self.release(id);
                }
                if matches!(op, Op::LeavePanicking) { "panicked".to_owned() } else { ok() }
            }
        }
    }
}

mod carry;
mod life;
