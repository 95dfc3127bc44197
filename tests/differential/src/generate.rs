//! Functions that are chosen at random: uses of variables in every position, guards, places that later operands
//! change, values that tell when they are dropped.

use crate::random::Random;
use crate::text::{awaited, region, used};

/// The body of a function that returns `Option<u64>`, with the marks of [`text`](crate::text).
pub fn body(seed: u64, waits: bool, edition: u16) -> String {
    let mut generator = Generator {
        random: Random::new(seed),
        scope: Scope { waits, exits: true, writes: true, ..Scope::default() },
        edition,
        names: 0,
        size: 0,
    };
    // Small ones are rejected less often, large ones have more combinations.
    generator.size = 10 + generator.random.below(60);
    let depth = 2 + generator.random.below(3);
    let statements = generator.statements(depth);
    let tail = match generator.random.below(3) {
        0 => generator.option(2),
        _ => format!("Some({})", generator.number(3)),
    };
    region(&format!("let mut w = Worker {{ count: 1 }}; let mut x = 2u64; {statements} {tail}"))
}

/// What can be written where the generator is.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    pub(crate) waits: bool,
    /// `return` and `?` leave the function.
    pub(crate) exits: bool,
    /// Locals of the function can be changed.
    pub(crate) writes: bool,
    /// Loops that `break` and `continue` leave.
    pub(crate) loops: Vec<String>,
    pub(crate) numbers: Vec<String>,
    pub(crate) guards: Vec<String>,
    pub(crate) borrows: Vec<String>,
}

pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) scope: Scope,
    edition: u16,
    names: usize,
    /// How much more there may be.
    size: usize,
}

pub(crate) type Text = String;

impl Generator {
    pub(crate) fn name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    pub(crate) fn inside<T>(&mut self, change: impl FnOnce(&mut Scope), f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.clone();
        change(&mut self.scope);
        let inner = f(self);
        self.scope = outer;
        inner
    }

    pub(crate) fn one_of(&mut self, names: &[String]) -> Option<String> {
        (!names.is_empty()).then(|| names[self.random.below(names.len())].clone())
    }

    pub(crate) fn is_done(&mut self, depth: usize) -> bool {
        self.size = self.size.saturating_sub(1);
        depth == 0 || self.size == 0
    }

    /// A number of which nothing is left to compute.
    pub(crate) fn simple(&mut self) -> Text {
        match self.random.below(7) {
            0 => format!("{}u64", self.random.below(9)),
            1 => "x".into(),
            2 => "w.count".into(),
            3 => format!("{}.get()", used("N")),
            4 => used("MAX"),
            5 => {
                let numbers = self.scope.numbers.clone();
                self.one_of(&numbers).unwrap_or_else(|| "x".into())
            }
            _ => format!("at({})", self.random.below(5)),
        }
    }

    /// Something that can be followed by `.`, `?` or an operator.
    pub(crate) fn operand(&mut self, depth: usize) -> Text {
        let number = self.number(depth);
        if number.starts_with(['{', '|', '!', '*']) || number.contains(' ') { format!("({number})") } else { number }
    }

    pub(crate) fn number(&mut self, depth: usize) -> Text {
        if self.is_done(depth) {
            return self.simple();
        }
        if self.scope.writes && self.random.once_in(10) {
            // A place that what is written in front of it may have read.
            return ["{ x += 1; x }", "w.work()"][self.random.below(2)].into();
        }
        let d = depth - 1;
        match self.random.below(if self.scope.waits { 52 } else { 44 }) {
            0 | 1 => self.simple(),
            2 => format!("{}.add({}, {})", used("N"), self.number(d), self.number(d)),
            3 => format!("{}.put({})", used("N"), self.number(d)),
            4 => format!("{}.pair({}, {})", used("LOG"), self.number(d), self.number(d)),
            5 => format!("{}.with(&Noise({}), {})", used("LOG"), self.number(d), self.number(d)),
            6 => format!("{}.borrow({}).n()", used("LOG"), self.number(d)),
            7 => format!("{}.noise({}).both({}, {})", used("LOG"), self.number(d), self.number(d), self.number(d)),
            32 if self.scope.writes && self.random.once_in(3) => {
                format!("{}.fill(&mut x, {})", used("LOG"), self.number(d))
            }
            8 => format!("{}.lock().len()", used("LOCK")),
            9 => format!("{}.lock().push({})", used("LOCK"), self.number(d)),
            10 => format!("held(&{}, {})", self.guard(d), self.number(d)),
            11 => format!("{}[({} % 3) as usize].add({}, 1)", used("LIST"), self.number(d), self.number(d)),
            12 => format!("{}.add({}, 1)", used("POINTER"), self.number(d)),
            13 => format!("{}.b.c[{}].add({}, 2)", used("FIELDS"), self.random.below(2), self.number(d)),
            14 => format!("{}.a.put({})", used("FIELDS"), self.number(d)),
            15 => format!("logged(&{}, {}, {})", used("LOG"), self.number(d), self.number(d)),
            16 => format!("{}({})", used("STEP"), self.number(d)),
            17 => format!("*{}.one()", used("SUMS")),
            18 => format!("{}.all()[({} % 2) as usize].0", used("SUMS"), self.number(d)),
            19 => format!("two({}, {})", self.number(d), self.number(d)),
            20 => format!("{} + {}", self.operand(d), self.operand(d)),
            21 => format!("Noise({}).n()", self.number(d)),
            22 => format!("Noise({}).both({}, {})", self.number(d), self.number(d), self.number(d)),
            23 => format!("kept(&Noise({}), {})", self.number(d), self.number(d)),
            24 => format!("if {} {{ {} }} else {{ {} }}", self.condition(d), self.block(d), self.number(d)),
            25 => self.matched(d),
            26 => self.block_expression(d),
            27 => format!("({}, {}).{}", self.number(d), self.number(d), self.random.below(2)),
            28 => format!("[{}, {}][{}]", self.number(d), self.number(d), self.random.below(2)),
            29 => format!("Pair {{ a: {}, b: {} }}.b", self.number(d), self.number(d)),
            30 => self.closure(d),
            31 => format!("{}.unwrap_or({})", self.option(d), self.number(d)),
            32 => self.call_of_macro(d),
            35 if self.scope.exits => format!("{}?", self.option(d)),
            36 => format!("{}.apply({}, |n| n + 1)", used("LOG"), self.number(d)),
            37 => format!("match (&{}, {}) {{ (g, n) => g.len() + n }}", self.guard(d), self.number(d)),
            38 => format!("{{ const K: u64 = 3; {} {}.put(K + {}) }}", self.statement(d), used("N"), self.number(d)),
            39 => format!("{{ use super::world::at as here; here({}) }}", self.number(d)),
            40 => format!("{} as u8 as u64", self.operand(d)),
            41 => format!("{{ let (a, b) = ({}, {}); a ^ b }}", self.number(d), self.number(d)),
            42 => format!("(|log: &Log, n: u64| log.pair(n, 1))(&{}, {})", used("LOG"), self.number(d)),
            43 => format!("[{}.get(), {}].iter().sum::<u64>()", used("N"), self.number(d)),
            44 | 45 => awaited(&format!("value({})", self.number(d))),
            46 if self.scope.writes => awaited("w.wait()"),
            47 => awaited(&format!("{}.future({})", used("LOG"), self.number(d))),
            48 if self.random.once_in(4) => awaited(&format!("{}.of_itself({})", used("LOG"), self.number(d))),
            49 => self.future(d),
            50 => awaited(&format!("maybe({})", self.number(d))) + ".unwrap_or(3)",
            _ => self.simple(),
        }
    }

    pub(crate) fn matched(&mut self, d: usize) -> Text {
        let name = self.name("m");
        let (scrutinee, guard) = (self.operand(d), self.condition(d));
        let (a, b, c) = (self.number(d), self.number(d), self.number(d));
        match self.random.below(2) {
            0 => format!(
                "match {scrutinee} {{ 0 => {a}, {name} if {guard} => {{ {name}.wrapping_add({b}) }} _ => {c} }}"
            ),
            _ => format!("match {} {{ Some({name}) => {name}.wrapping_add({a}), None => {b} }}", self.option(d)),
        }
    }

    pub(crate) fn block_expression(&mut self, d: usize) -> Text {
        let block = self.block(d);
        match self.random.below(3) {
            0 => format!("loop {{ break {} }}", self.number(d)),
            1 => {
                let label = self.name("'a");
                format!("{label}: {{ if {} {{ break {label} {} }} {block} }}", self.condition(d), self.number(d))
            }
            _ => format!("{{ {block} }}"),
        }
    }

    pub(crate) fn closure(&mut self, d: usize) -> Text {
        let (argument, name) = (self.number(d), self.name("c"));
        let change = |scope: &mut Scope| {
            (scope.waits, scope.exits, scope.writes) = (false, false, false);
            scope.loops.clear();
        };
        let body = self.inside(change, |generator| {
            generator.scope.numbers.push(name.clone());
            generator.block(d)
        });
        format!("(|{name}: u64| {})({argument})", region(&body))
    }

    /// An async block, awaited in place.
    pub(crate) fn future(&mut self, d: usize) -> Text {
        let change = |scope: &mut Scope| {
            (scope.exits, scope.waits) = (false, true);
            scope.loops.clear();
        };
        let body = self.inside(change, |generator| generator.block(d));
        awaited(&format!("async {}", region(&body)))
    }

    pub(crate) fn call_of_macro(&mut self, d: usize) -> Text {
        match self.random.below(5) {
            0 => format!("vec![{}, {}][{}]", self.number(d), self.number(d), self.random.below(2)),
            1 => format!("format!(\"{{}} {{}}\", {}, {}).len() as u64", self.number(d), self.number(d)),
            2 => format!("matches!({}, Some(n) if n > 2) as u64", self.option(d)),
            3 => format!("std::vec![{}; 2].len() as u64", self.number(d)),
            _ => format!("dbg!({})", self.number(d)),
        }
    }

    pub(crate) fn option(&mut self, depth: usize) -> Text {
        if self.is_done(depth) {
            return format!("{}.peek()", used("LOCK"));
        }
        let d = depth - 1;
        match self.random.below(if self.scope.waits { 6 } else { 5 }) {
            0 | 1 => format!("{}.lock().pop()", used("LOCK")),
            2 => format!("some({})", self.number(d)),
            3 => format!("{}.map(|n| n + 1)", self.option(d)),
            4 => format!("{}.peek()", used("LOCK")),
            _ => awaited(&format!("maybe({})", self.number(d))),
        }
    }

    pub(crate) fn condition(&mut self, depth: usize) -> Text {
        if self.is_done(depth) {
            return format!("{} > 1", self.simple());
        }
        let d = depth - 1;
        match self.random.below(5) {
            0 => format!("{} < {}", self.operand(d), self.simple()),
            1 => format!("{} && {}", self.condition(d), self.condition(d)),
            2 => format!("({} || {})", self.condition(d), self.condition(d)),
            3 => format!("!({})", self.condition(d)),
            _ => format!("{} % 2 == 0", self.operand(d)),
        }
    }

    /// What an `if` or a `while` may begin with.
    pub(crate) fn binding_condition(&mut self, d: usize, name: &str) -> Text {
        let option = self.option(d);
        match self.random.below(3) {
            0 if self.edition >= 2024 => format!("{} && let Some({name}) = {option}", self.condition(d)),
            1 if self.edition >= 2024 => format!("let Some({name}) = {option} && {}", self.condition(d)),
            _ => format!("let Some({name}) = {option}"),
        }
    }

    pub(crate) fn guard(&mut self, depth: usize) -> Text {
        if self.is_done(depth) {
            return format!("{}.lock()", used("LOCK"));
        }
        match self.random.below(4) {
            0 => {
                let (statement, name) = (self.statement(depth - 1), self.name("g"));
                format!("{{ {statement} let {name} = {}.lock(); {name} }}", used("LOCK"))
            }
            _ => format!("{}.lock()", used("LOCK")),
        }
    }
}
