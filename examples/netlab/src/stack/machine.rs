//! A machine apart from its network: its interrupt line, and the clock.

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

    /// Connects this machine to a line, unless it was created with one.
    pub fn connect(line: Line) {
        // A line that is set already stays.
        _ = V_INTERRUPT.set(line);
    }

    pub fn line() -> Option<Line> {
        V_INTERRUPT.get().cloned()
    }

    /// Interrupts this machine, because one of its own queues has work.
    pub fn interrupt() {
        if let Some(line) = V_INTERRUPT.get() {
            line.raise();
        }
    }

    /// Microseconds since the start of the simulation.
    pub fn uptime() -> i64 {
        CLOCK.load(Relaxed)
    }

    /// Moves the clock forward to `time`; never back.
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
        // Other tests move the same clock.
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
            // Has no effect: it was created with a line.
            connect(Line::new(&controller, 0));
            interrupt();
        });
        assert_eq!((controller.next(), controller.next()), (Some(1), None));
    }
}
