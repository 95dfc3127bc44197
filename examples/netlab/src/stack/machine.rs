//! A machine apart from its network: its interrupt line, and the clock.

vimage::virtualize! {
    class = Net, name = "machine";

    use std::cell::Cell;
    use std::sync::OnceLock;

    use vimage::Arguments;
    use vimage::prelude::*;

    use crate::hardware::{Line, Time};

    #[virtualized]
    static INTERRUPT: OnceLock<Line> = OnceLock::new();

    // The simulated time of the processor on which the code runs: one clock for all machines that it runs, on purpose.
    #[shared]
    thread_local! {
        static CLOCK: Cell<Time> = const { Cell::new(0) };
    }

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

    /// Interrupts this machine at a time in the future, because it will have work then.
    pub fn interrupt_at(time: Time) {
        if let Some(line) = V_INTERRUPT.get() {
            line.raise_at(time);
        }
    }

    /// Simulated time in nanoseconds.
    pub fn nanotime() -> Time {
        CLOCK.get()
    }

    /// Microseconds since the start of the simulation.
    pub fn uptime() -> i64 {
        nanotime() / 1_000
    }

    /// Moves the clock forward to a time in nanoseconds; never back.
    pub fn sleep_until(time: Time) {
        CLOCK.set(nanotime().max(time));
    }

    /// Sets the clock of this thread, which starts another simulation.
    pub fn set_clock(time: Time) {
        CLOCK.set(time);
    }
}

#[cfg(test)]
mod tests {
    use vimage::prelude::*;

    use super::*;
    use crate::hardware::{Controller, Line};

    #[vimage::test]
    fn the_time_does_not_go_back() {
        let then = nanotime() + 1_000;
        for time in [then, then - 1, 0, i64::MIN] {
            sleep_until(time);
            assert_eq!((nanotime(), uptime()), (then, then / 1_000));
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
