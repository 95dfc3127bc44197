//! Contexts that keep no instance, and bound closures with arguments.

mod support;

use std::sync::mpsc;
use std::thread;

use support::instances::{current, vnet};
use vimage::prelude::*;
use vimage::{Contexts, WeakContexts};

#[cfg(feature = "vimage")]
#[vimage::module]
mod program {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static STEPS: AtomicU64 = AtomicU64::new(0);

    pub fn step() -> u64 {
        V_STEPS.fetch_add(1, Relaxed) + 1
    }
}

/// As rayon's: for references of the one lifetime that the items have.
fn par_map<'a, T: Sync, R: Send>(items: &'a [T], f: impl Fn(&'a T) -> R + Send + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let workers: Vec<_> = items.iter().map(|item| scope.spawn(|| f(item))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn a_bound_closure_takes_the_arguments_of_the_closure() {
    let red = vnet();
    let here = red.enter(Contexts::current);
    let id = red.id();

    assert_eq!(red.bind_fn(current)(), Some(id));
    assert_eq!(par_map(&[1_u64, 2], here.bind_fn(|n| n + current().unwrap())), [id + 1, id + 2]);
    let words = ["a".to_owned(), "bc".to_owned()];
    assert_eq!(par_map(&words, here.bind_fn(|word: &String| (word.len(), current()))), [(1, Some(id)), (2, Some(id))]);
    assert_eq!(par_map(&words, here.bind_fn(String::len)), [1, 2]);
    let sum = red.bind_fn(|a: u64, b: u64| a + b + current().unwrap());
    assert_eq!(sum(1, 2), id + 3);
    let base = vimage::boot().unwrap();
    assert_eq!(base.bind_fn(|a: u8, b: char, c: &str| (a, b, c.len(), current()))(1, 'b', "ccc"), (1, 'b', 3, Some(0)));

    assert_eq!(red.downgrade().bind_fn(|n: u64| n + current().unwrap())(1), Some(id + 1));
    assert_eq!(here.downgrade().bind_fn(|n: u64| n + current().unwrap())(1), Some(id + 1));
}

#[test]
fn it_is_send_and_static_when_the_closure_is() {
    fn needs<F: Send + Sync + 'static>(_: F) {}
    let red = vnet();
    let here = red.enter(Contexts::current);
    needs(red.bind_fn(|_: u8| ()));
    needs(here.bind_fn(|_: u8, _: String| ()));
    needs(here.downgrade().bind_fn(|| ()));
    needs(here.downgrade().bind(|| ()));
    needs(red.downgrade().bind_fn(|_: u8| ()));
    needs(here.downgrade());
}

#[test]
fn weak_contexts_are_entered_while_their_instances_live() {
    let red = vnet();
    let weak = red.enter(|| Contexts::current().downgrade());
    assert_eq!(weak.enter(current), Some(Some(red.id())));
    assert_eq!(thread::spawn(weak.bind(current)).join().unwrap(), Some(Some(red.id())));
    let mut calls = 0;
    let mut tick = weak.bind_mut(|| {
        calls += 1;
        (calls, current())
    });
    assert_eq!((tick(), tick()), (Some((1, Some(red.id()))), Some((2, Some(red.id())))));
    assert_eq!(red.enter(|| Contexts::current().bind_weak(current))(), Some(Some(red.id())));
    assert_eq!(weak.upgrade().unwrap().enter(current), Some(red.id()));
}

/// What the worker of a queue does.
fn serve(todo: mpsc::Receiver<fn() -> u64>, here: &WeakContexts) -> Vec<u64> {
    todo.into_iter().map_while(|job| here.enter(job)).collect()
}

#[test]
fn a_worker_that_inherits_weakly_runs_each_job_in_the_contexts_of_its_parent() {
    let red = vnet();
    let (jobs, todo) = mpsc::channel();
    let worker = red.enter(|| vimage::thread::spawn_weak(|here| serve(todo, &here)));
    for _ in 0..3 {
        jobs.send(|| current().unwrap()).unwrap();
    }
    drop(jobs);
    assert_eq!(worker.join().unwrap(), [red.id(); 3]);
    let named = vimage::thread::Builder::new().name("worker".to_owned());
    let named = named.spawn_weak(|here| here.enter(|| thread::current().name().map(str::to_owned)));
    assert_eq!(named.unwrap().join().unwrap(), Some(Some("worker".to_owned())));
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use crate::support::panics::panics;
    use vimage::{DestroyError, Instance, Program};

    #[test]
    fn weak_contexts_keep_nothing_but_while_they_are_entered() {
        let red = vnet();
        let weak = red.enter(|| Contexts::current().downgrade());
        let (bound, mut repeated) = (weak.bind(current), weak.bind_mut(current));
        let shared = weak.bind_fn(|_: u8| current());
        let red = weak.enter(|| match red.destroy() {
            Err(DestroyError::Busy { instance, .. }) => instance,
            other => panic!("it is entered: {other:?}"),
        });
        let red = red.unwrap();
        let text = format!("{weak:?}");
        assert!(text.contains(&format!("Net#{}, Live", red.id())), "{text}");
        red.destroy().unwrap();
        assert_eq!((weak.enter(current), bound(), repeated(), shared(1)), (None, None, None, None));
        assert!(weak.upgrade().is_none());
        assert!(format!("{weak:?}").contains(", Gone"), "{weak:?}");
    }

    /// Nothing is entered where one of several is destroyed.
    #[test]
    fn weak_contexts_are_entered_all_or_none() {
        let (red, app) = (vnet(), Instance::<Program>::new().unwrap());
        let weak = red.enter(|| app.enter(|| Contexts::current().downgrade()));
        assert_eq!(weak.enter(|| (current(), program::step())), Some((Some(red.id()), 1)));
        red.destroy().unwrap();
        assert_eq!(weak.enter(program::step), None);
        assert_eq!(app.enter(program::step), 2);
    }

    /// Exactly what was current is, also no instance.
    #[test]
    fn weak_contexts_are_restored_exactly() {
        let (red, green) = (vnet(), vnet());
        let (here, nowhere) = (red.enter(|| Contexts::current().downgrade()), Contexts::current().downgrade());
        green.enter(|| {
            assert_eq!((here.enter(current), nowhere.enter(current)), (Some(Some(red.id())), Some(None)));
            assert_eq!(current(), Some(green.id()));
        });
    }

    /// Says where it was dropped.
    struct DropsIn(mpsc::Sender<Option<u64>>);

    impl Drop for DropsIn {
        fn drop(&mut self) {
            self.0.send(Instance::<Program>::current().map(|app| app.id())).unwrap();
        }
    }

    /// Not in the base instance either, on which the class falls back.
    #[test]
    fn captures_are_dropped_where_they_belong_or_in_no_instance() {
        let app = Instance::<Program>::new().unwrap();
        let id = app.id();
        let weak = app.enter(|| Contexts::current().downgrade());
        let (told, heard) = mpsc::channel();
        let (first, second, third) = (DropsIn(told.clone()), DropsIn(told.clone()), DropsIn(told));
        drop(weak.bind(move || drop(first)));
        let (late, shared) = (weak.bind(move || drop(second)), weak.bind_fn(move || _ = &third));
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [Some(id)]);
        app.destroy().unwrap();
        drop((late, shared));
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [None, None]);
    }

    #[test]
    fn a_worker_ends_with_its_instance() {
        let app = Instance::<Program>::new().unwrap();
        let (jobs, todo) = mpsc::channel();
        let worker = app.enter(|| vimage::thread::spawn_weak(|here| serve(todo, &here)));
        let (done, seen) = mpsc::channel();
        app.enter(|| vimage::thread::spawn_weak(move |here| done.send(here.enter(program::step)).unwrap()));
        assert_eq!(seen.recv().unwrap(), Some(1));
        jobs.send(program::step).unwrap();
        // The worker may be inside just now.
        app.destroy_within(std::time::Duration::from_secs(60)).unwrap();
        // It is gone already when it came to the first job only now.
        _ = jobs.send(program::step);
        assert!(matches!(worker.join().unwrap()[..], [] | [2]));
    }

    /// Outside of `enter` nothing is used instead: not the base instance either.
    #[test]
    fn a_worker_that_forgets_to_enter_panics() {
        let app = Instance::<Program>::new().unwrap();
        let worker = app.enter(|| vimage::thread::spawn_weak(|_| (panics(program::step), current())));
        assert_eq!(worker.join().unwrap(), (true, None));
        // A class that had no instance is what it is everywhere.
        let worker = vimage::thread::spawn_weak(|_| panics(program::step));
        assert!(!worker.join().unwrap());
    }
}
