//! A queue of jobs with a thread of its own, which starts with the first job: a global, as many programs have one.
//!
//! With instances there is a queue and a worker per instance. The worker inherits weakly: one from
//! [`vimage::thread::spawn`] would keep its instance for ever, one from [`std::thread::spawn`] would be in none.

#[vimage::module]
mod queue {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{LazyLock, Mutex};

    use vimage::prelude::*;

    type Job = Box<dyn FnOnce() + Send>;

    #[virtualized]
    static JOBS: LazyLock<Sender<Job>> = LazyLock::new(|| {
        let (jobs, todo) = channel::<Job>();
        vimage::thread::spawn_weak(move |here| {
            // Each job is in the instance. The loop ends when that is destroyed: then there is no sender any more.
            todo.into_iter().map_while(|job| here.enter(job)).for_each(drop);
        });
        jobs
    });

    #[virtualized]
    static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Has `job` done in the background.
    pub fn submit(job: impl FnOnce() + Send + 'static) {
        V_JOBS.send(Box::new(job)).expect("the worker runs as long as there is a sender");
    }

    /// Waits until all jobs before this call are done.
    pub fn flush() {
        let (done, is_done) = channel();
        submit(move || _ = done.send(()));
        is_done.recv().expect("jobs do not panic");
    }

    /// Notes something; a job.
    pub fn log(line: &str) {
        V_LOG.lock().unwrap().push(line.to_owned());
    }

    /// Everything that was noted.
    pub fn lines() -> Vec<String> {
        V_LOG.lock().unwrap().clone()
    }
}

pub use queue::{flush, lines, log, submit};

#[cfg(test)]
mod tests {
    use super::*;

    /// Each test has a queue and a log of its own. It would fail if its worker kept the instance.
    fn logs_in_the_background(line: &'static str) {
        let before = lines().len();
        for _ in 0..10 {
            submit(move || log(line));
        }
        flush();
        assert_eq!(lines()[before..], [line; 10]);
        assert!(before == 0 || !cfg!(feature = "vimage"));
    }

    #[vimage::test]
    fn one_test() {
        logs_in_the_background("one");
    }

    #[vimage::test]
    fn another_test() {
        logs_in_the_background("another");
    }

    #[cfg(feature = "vimage")]
    #[vimage::test]
    fn the_worker_ends_with_its_instance() {
        use std::cell::RefCell;
        use std::sync::mpsc::{Sender, channel};
        use std::time::Duration;

        struct Ended(Sender<()>);
        impl Drop for Ended {
            fn drop(&mut self) {
                _ = self.0.send(());
            }
        }
        thread_local! {
            /// Of the worker: dropped when that ends.
            static ENDED: RefCell<Option<Ended>> = const { RefCell::new(None) };
        }

        let app = vimage::Instance::<vimage::Program>::new().unwrap();
        let (told, ended) = channel();
        app.enter(|| submit(move || ENDED.set(Some(Ended(told)))));
        app.enter(flush);
        app.destroy_within(Duration::from_secs(10)).unwrap();
        ended.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
