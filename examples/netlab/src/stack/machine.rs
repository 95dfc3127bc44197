//! What a machine has besides its network: a line on which devices interrupt it, and the time.

vimage::virtualize! {
    class = Net, name = "machine";

    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    use vimage::Arguments;
    use vimage::prelude::*;

    use crate::hardware::Line;

    #[virtualized]
    static INTERRUPT: OnceLock<Line> = OnceLock::new();

    /// Microseconds of simulated time: one clock for all machines, on purpose.
    #[shared]
    static CLOCK: AtomicI64 = AtomicI64::new(0);

    #[attach]
    fn machine_attach(arguments: &Arguments) {
        if let Some(line) = arguments.get::<Line>() {
            connect(line.clone());
        }
    }

    /// Connects this machine to its line, if it was not made with one.
    pub fn connect(line: Line) {
        // There is one attach hook, and the base machine is connected once.
        _ = V_INTERRUPT.set(line);
    }

    pub fn line() -> Option<Line> {
        V_INTERRUPT.get().cloned()
    }

    /// Asks for this machine's attention: there is work in one of its own queues.
    pub fn interrupt() {
        if let Some(line) = V_INTERRUPT.get() {
            line.raise();
        }
    }

    /// Microseconds since the start of the simulation.
    pub fn uptime() -> i64 {
        CLOCK.load(Relaxed)
    }

    /// Lets the time pass until then; it never goes back.
    pub fn sleep_until(time: i64) {
        CLOCK.fetch_max(time, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use vimage::prelude::*;

    use super::*;
    use crate::hardware::{Controller, Line};

    #[vimage::test]
    fn the_time_does_not_go_back() {
        let then = uptime() + 1_000;
        sleep_until(then);
        // Others may let the time pass meanwhile.
        for earlier in [then - 1, 0, i64::MIN] {
            sleep_until(earlier);
            assert!(uptime() >= then);
        }
    }

    #[vimage::test]
    fn a_machine_raises_its_own_line() {
        let controller = Controller::new(2);
        let make = |index| Vnet::builder().arg(Line::new(&controller, index)).create();
        let (Ok(_silent), Ok(loud)) = (make(0), make(1)) else { return };
        loud.enter(|| {
            interrupt();
            // It was made with a line, which it keeps.
            connect(Line::new(&controller, 0));
            interrupt();
        });
        assert_eq!((controller.next(), controller.next()), (Some(1), None));
    }
}
