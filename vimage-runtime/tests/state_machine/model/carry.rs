//! What travels between instances.

use super::{Bound, CAPACITY, Failed, Id, Link, Model, Observer};
use crate::modules::{Step, Trip};

impl Model {
    pub(super) fn new_value(&mut self) -> u64 {
        self.values += 1;
        self.values
    }

    pub(super) fn drop_value(&mut self, kind: &'static str, number: u64, place: Option<Id>) -> Result<(), Failed> {
        self.step(Step::Drop, kind, number, place)
    }

    pub(super) fn place_of(&self, movable: usize) -> Id {
        let movable = &self.movables[movable];
        movable.lent.unwrap_or(movable.home)
    }

    pub(super) fn move_to(&mut self, movable: usize, to: Id) -> String {
        let (number, home, place) =
            (self.movables[movable].number, self.movables[movable].home, self.place_of(movable));
        if self.movables[movable].joined && place == to {
            return "ok".to_owned();
        }
        let observer = Observer::Movable(number);
        if to != home {
            if self.is_quiesced(to) {
                return "Refused".to_owned();
            }
            self.instance(to).observers.push(observer);
        }
        if std::mem::replace(&mut self.movables[movable].joined, false) {
            let left = self.step(Step::Leave, "movable", number, Some(place));
            self.depart(movable);
            if left.is_err() {
                self.instance(to).observers.retain(|other| *other != observer);
                _ = self.join_home(movable);
                return "panicked".to_owned();
            }
        }
        if to == home {
            return match self.join_home(movable) {
                Ok(()) => "ok".to_owned(),
                Err((_, Trip::Fails)) => "Stranded".to_owned(),
                Err((_, Trip::Panics)) => "panicked".to_owned(),
            };
        }
        let Err((_, trip)) = self.step(Step::Join, "movable", number, Some(to)) else {
            (self.movables[movable].lent, self.movables[movable].joined) = (Some(to), true);
            return "ok".to_owned();
        };
        self.instance(to).observers.retain(|other| *other != observer);
        let at_home = self.join_home(movable).map_err(|(_, trip)| trip);
        match (trip, at_home) {
            (Trip::Fails, Ok(())) => "Join".to_owned(),
            (Trip::Fails, Err(Trip::Fails)) => "Stranded".to_owned(),
            _ => "panicked".to_owned(),
        }
    }

    /// It is at home from now on.
    fn depart(&mut self, movable: usize) {
        let number = self.movables[movable].number;
        if let Some(lent) = self.movables[movable].lent.take() {
            // The first one: it may observe the same instance anew.
            let observers = &mut self.instance(lent).observers;
            if let Some(position) = observers.iter().position(|other| *other == Observer::Movable(number)) {
                observers.remove(position);
            }
        }
    }

    fn join_home(&mut self, movable: usize) -> Result<(), Failed> {
        let (number, home) = (self.movables[movable].number, self.movables[movable].home);
        self.step(Step::Join, "movable", number, Some(home))?;
        self.movables[movable].joined = true;
        Ok(())
    }

    /// The instance that it is lent to shuts down.
    pub(super) fn send_home(&mut self, number: u64) {
        let movable = self.movables.iter().position(|movable| movable.number == number).expect("it is observed");
        let (from, home) = (self.place_of(movable), self.movables[movable].home);
        self.movables[movable].joined = false;
        if self.step(Step::Leave, "movable", number, Some(from)).is_err() {
            self.reports.push(format!("Net#{from} None None"));
        }
        self.movables[movable].lent = None;
        if self.join_home(movable).is_err() {
            self.reports.push(format!("Net#{home} None None"));
        }
    }

    pub(super) fn drop_movable(&mut self, movable: usize) -> String {
        let place = self.place_of(movable);
        if self.drop_value("movable", self.movables[movable].number, Some(place)).is_err() {
            self.reports.push(format!("Net#{place} None None"));
        }
        self.depart(movable);
        let home = self.movables.swap_remove(movable).home;
        self.release(home);
        "ok".to_owned()
    }

    pub(super) fn link(&mut self, places: [Id; 2]) -> String {
        if places.iter().any(|&place| self.is_quiesced(place)) {
            return "refused".to_owned();
        }
        let link = self.links.len();
        self.links.push(Link { places, ..Link::default() });
        for side in [0, 1] {
            self.instance(places[side]).observers.push(Observer::End(link, side));
            self.ends.push((link, side));
        }
        "ok".to_owned()
    }

    pub(super) fn send(&mut self, end: usize) -> String {
        let (link, side) = self.ends[end];
        let number = self.new_value();
        let link = &mut self.links[link];
        let problem = if link.closed != [false; 2] {
            "Closed"
        } else if link.queues[1 - side].len() >= CAPACITY {
            "Full"
        } else {
            link.queues[1 - side].push(number);
            return "ok".to_owned();
        };
        let place = self.current();
        _ = self.drop_value("message", number, place);
        problem.to_owned()
    }

    pub(super) fn receive(&mut self, end: usize) -> String {
        let (link, side) = self.ends[end];
        let link = &mut self.links[link];
        if link.closed[side] {
            return "Closed".to_owned();
        }
        if link.queues[side].is_empty() {
            return if link.closed[1 - side] { "Closed" } else { "Empty" }.to_owned();
        }
        let number = link.queues[side].remove(0);
        let place = self.current();
        _ = self.drop_value("message", number, place);
        number.to_string()
    }

    pub(super) fn close(&mut self, link: usize, side: usize) {
        let place = Some(self.links[link].places[side]).filter(|place| self.instances.contains_key(place));
        self.close_in(link, side, place);
    }

    /// The side that closes second drops the remaining messages.
    pub(super) fn close_in(&mut self, link: usize, side: usize, place: Option<Id>) {
        let link = &mut self.links[link];
        let is_second = link.closed[1 - side] && !link.closed[side];
        link.closed[side] = true;
        if is_second {
            let remaining: Vec<u64> = link.queues.iter_mut().flat_map(std::mem::take).collect();
            remaining.into_iter().for_each(|number| _ = self.drop_value("message", number, place));
        }
    }

    pub(super) fn drop_end(&mut self, link: usize, side: usize) {
        self.close(link, side);
        if let Some(instance) = self.instances.get_mut(&self.links[link].places[side]) {
            instance.observers.retain(|other| *other != Observer::End(link, side));
        }
    }

    pub(super) fn bind(&mut self, bound: impl FnOnce(Id) -> Bound, handle: Option<usize>) -> String {
        let id = self.handles[handle.expect("there is one")];
        let (bound, number) = (bound(id), self.new_value());
        if !matches!(bound, Bound::Weak(_)) {
            self.instance(id).handles += 1;
        }
        self.bound.push((bound, number));
        "ok".to_owned()
    }

    pub(super) fn drop_bound(&mut self, bound: Bound, number: u64) {
        match bound {
            Bound::Weak(place) => {
                let place = match place {
                    Some(id) => place.filter(|_| self.is_live(id)),
                    None => None,
                };
                _ = self.drop_value("bound", number, place);
            }
            Bound::Strong(place) => {
                _ = self.drop_value("bound", number, place);
                place.into_iter().for_each(|id| self.release(id));
            }
            Bound::Value(id) => {
                _ = self.drop_value("bound", number, Some(id));
                self.release(id);
            }
        }
    }
}
