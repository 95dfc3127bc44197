//! A component with globals, loaded once and run many times.

use vimage::prelude::*;

#[vimage::module]
mod machine {
    use std::sync::Mutex;

    use vimage::prelude::*;

    #[virtualized]
    static STACK: Mutex<Vec<i64>> = Mutex::new(Vec::new());

    pub fn push(number: i64) {
        V_STACK.lock().unwrap().push(number);
    }

    pub fn sum() -> i64 {
        V_STACK.lock().unwrap().iter().sum()
    }
}

/// One copy of the component.
pub struct Machine(Vimage);

impl Machine {
    pub fn new() -> Result<Self, vimage::CreateError> {
        Vimage::new().map(Self)
    }

    pub fn push(&self, number: i64) {
        self.0.enter(|| machine::push(number));
    }

    pub fn sum(&self) -> i64 {
        self.0.enter(machine::sum)
    }
}

// There are no instances without the feature.
#[cfg(all(test, feature = "vimage"))]
mod tests {
    use super::Machine;

    #[test]
    fn copies_are_apart() {
        let (one, other) = (Machine::new().unwrap(), Machine::new().unwrap());
        one.push(20);
        one.push(22);
        other.push(1);
        assert_eq!((one.sum(), other.sum()), (42, 1));
    }
}
