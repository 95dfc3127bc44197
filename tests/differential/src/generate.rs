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
    region(&format!("let mut w = Worker {{ count: 1 }}; let mut x = 2; {statements} {tail}"))
}

/// What can be written where the generator is.
#[derive(Clone, Default)]
struct Scope {
    waits: bool,
    /// `return` and `?` leave the function.
    exits: bool,
    /// Locals of the function can be changed.
    writes: bool,
    /// Loops that `break` and `continue` leave.
    loops: Vec<String>,
    numbers: Vec<String>,
    guards: Vec<String>,
    borrows: Vec<String>,
}

struct Generator {
    random: Random,
    scope: Scope,
    edition: u16,
    names: usize,
    /// How much more there may be.
    size: usize,
}

type Text = String;

impl Generator {
    fn name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    fn inside<T>(&mut self, change: impl FnOnce(&mut Scope), f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.clone();
        change(&mut self.scope);
        let inner = f(self);
        self.scope = outer;
        inner
    }

    fn one_of(&mut self, names: &[String]) -> Option<String> {
        (!names.is_empty()).then(|| names[self.random.below(names.len())].clone())
    }

    fn is_done(&mut self, depth: usize) -> bool {
        self.size = self.size.saturating_sub(1);
        depth == 0 || self.size == 0
    }

    /// A number of which nothing is left to compute.
    fn simple(&mut self) -> Text {
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
    fn operand(&mut self, depth: usize) -> Text {
        let number = self.number(depth);
        if number.starts_with(['{', '|', '!', '*']) || number.contains(' ') { format!("({number})") } else { number }
    }

    fn number(&mut self, depth: usize) -> Text {
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

    fn matched(&mut self, d: usize) -> Text {
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

    fn block_expression(&mut self, d: usize) -> Text {
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

    fn closure(&mut self, d: usize) -> Text {
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
    fn future(&mut self, d: usize) -> Text {
        let change = |scope: &mut Scope| {
            (scope.exits, scope.waits) = (false, true);
            scope.loops.clear();
        };
        let body = self.inside(change, |generator| generator.block(d));
        awaited(&format!("async {}", region(&body)))
    }

    fn call_of_macro(&mut self, d: usize) -> Text {
        match self.random.below(5) {
            0 => format!("vec![{}, {}][{}]", self.number(d), self.number(d), self.random.below(2)),
            1 => format!("format!(\"{{}} {{}}\", {}, {}).len() as u64", self.number(d), self.number(d)),
            2 => format!("matches!({}, Some(n) if n > 2) as u64", self.option(d)),
            3 => format!("std::vec![{}; 2].len() as u64", self.number(d)),
            _ => format!("dbg!({})", self.number(d)),
        }
    }

    fn option(&mut self, depth: usize) -> Text {
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

    fn condition(&mut self, depth: usize) -> Text {
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
    fn binding_condition(&mut self, d: usize, name: &str) -> Text {
        let option = self.option(d);
        match self.random.below(3) {
            0 if self.edition >= 2024 => format!("{} && let Some({name}) = {option}", self.condition(d)),
            1 if self.edition >= 2024 => format!("let Some({name}) = {option} && {}", self.condition(d)),
            _ => format!("let Some({name}) = {option}"),
        }
    }

    fn guard(&mut self, depth: usize) -> Text {
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

    /// Statements and a number behind them, without braces.
    fn block(&mut self, depth: usize) -> Text {
        self.inside(
            |_| {},
            |generator| {
                let statements = generator.statements(depth);
                format!("{statements} {}", generator.number(depth))
            },
        )
    }

    fn statements(&mut self, depth: usize) -> Text {
        let count = self.random.below(depth + 2);
        let statements: Vec<_> = (0..count).map(|_| self.statement(depth)).collect();
        statements.join(" ")
    }

    /// Statements that end in braces of their own.
    fn body(&mut self, depth: usize) -> Text {
        self.inside(|_| {}, |generator| format!("{{ {} }}", generator.statements(depth)))
    }

    fn statement(&mut self, depth: usize) -> Text {
        if self.is_done(depth) {
            return format!("{};", self.simple());
        }
        let d = depth - 1;
        match self.random.below(31) {
            0 | 1 => self.binding("n", d, |generator, d| generator.number(d)),
            2 => self.guard_binding(d),
            3 => {
                let name = self.name("b");
                let text = match self.random.below(2) {
                    0 => format!("let {name} = &{}; let _ = {name}.get();", used("N")),
                    _ => format!("let {name} = {}.borrow({}); {name}.n();", used("LOG"), self.number(d)),
                };
                self.scope.borrows.push(format!("{name}.{}()", if text.contains("get") { "get" } else { "n" }));
                text
            }
            4 => {
                let borrows = self.scope.borrows.clone();
                self.one_of(&borrows).map_or_else(String::new, |borrow| format!("{borrow};"))
            }
            5 => {
                let guards = self.scope.guards.clone();
                self.one_of(&guards).map_or_else(String::new, |guard| format!("{guard}.push({});", self.number(d)))
            }
            6 => match self.scope.guards.pop() {
                Some(guard) => format!("drop({guard});"),
                None => String::new(),
            },
            7 => format!("let _ = {};", self.guard(d)),
            8 => {
                let name = self.name("_d");
                format!("let {name} = Noise({});", self.number(d))
            }
            9 => {
                let name = self.name("e");
                format!("let {name} = &Noise({}); {name}.n();", self.number(d))
            }
            10 => format!("*{}.one() += {};", used("SUMS"), self.number(d)),
            11 => format!("{}.all()[({} % 2) as usize] += {};", used("SUMS"), self.number(d), self.number(d)),
            12 => format!("*{}.one() = {};", used("SUMS"), self.number(d)),
            13 | 14 => {
                let name = self.name("i");
                let condition = self.binding_condition(d, &name);
                let (then, otherwise) = (self.body(d), self.body(d));
                format!("if {condition} {then} else {otherwise}")
            }
            15 => format!("if {} {} else if {} {}", self.condition(d), self.body(d), self.condition(d), self.body(d)),
            16 => self.looped(d),
            17 => {
                let name = self.name("f");
                format!("for {name} in 0..{} % 3 {}", self.operand(d), self.loop_body(d, None))
            }
            18 => {
                let name = self.name("s");
                let condition = self.binding_condition(d, &name);
                let body = self.loop_body(d, None);
                let count = self.name("k");
                format!(
                    "let mut {count} = 0; while {condition} {{ {count} += at({name}); if {count} > 9 {{ break }} {body} {count} += 2; }}"
                )
            }
            19 if self.scope.exits => {
                let name = self.name("l");
                let (option, statements) = (self.option(d), self.statements(d));
                self.scope.numbers.push(name.clone());
                format!("let Some({name}) = {option} else {{ {statements} return Some(1) }};")
            }
            20 => self.message(d),
            21 if self.scope.exits => format!("if {} {{ return Some({}) }}", self.condition(d), self.number(d)),
            22 => match self.scope.loops.last().cloned() {
                Some(label) => format!("if {} {{ break {label} }}", self.condition(d)),
                None => format!("{};", self.number(d)),
            },
            23 if self.scope.writes => format!("x = {};", self.number(d)),
            24 if self.scope.writes => format!("x += {};", self.number(d)),
            25 if self.scope.writes => format!("w.count ^= {};", self.number(d)),
            26 => {
                let name = self.name("v");
                let element = if self.random.once_in(2) { "Sum(at(1))" } else { "at(1)" };
                let (index, value) = (self.number(d), self.number(d));
                format!("let mut {name} = [{element}, {element}]; {name}[({index} % 2) as usize] += {value};")
            }
            27 => format!("for n in [{}, {}] {}", self.number(d), self.number(d), self.loop_body(d, None)),
            28 => {
                let name = self.name("c");
                let value = self.number(d);
                format!("let {name} = |log: &Log, n: u64| log.pair(n, 2); {name}(&{}, {value});", used("LOG"))
            }
            29 => {
                let (statements, option) = (self.statements(d), self.option(d));
                format!("{{ let _d = Noise(1); {statements} assert_ne!({option}, Some(1 << 50)) }}")
            }
            _ => format!("let _ = {};", self.number(d)),
        }
    }

    fn binding(&mut self, start: &str, d: usize, value: impl FnOnce(&mut Self, usize) -> Text) -> Text {
        let name = self.name(start);
        let value = value(self, d);
        self.scope.numbers.push(name.clone());
        format!("let {name} = {value};")
    }

    fn guard_binding(&mut self, d: usize) -> Text {
        let name = self.name("g");
        let guard = self.guard(d);
        self.scope.guards.push(name.clone());
        format!("let {name} = {guard};")
    }

    fn looped(&mut self, d: usize) -> Text {
        let (label, count) = (self.name("'a"), self.name("k"));
        let condition = self.condition(d);
        let body = self.loop_body(d, Some(&label));
        format!("let mut {count} = 0; {label}: while {condition} {{ {count} += 1; if {count} > 2 {{ break }} {body} }}")
    }

    fn loop_body(&mut self, d: usize, label: Option<&str>) -> Text {
        // What is dropped in a loop is gone when it goes round.
        let change = |scope: &mut Scope| {
            scope.guards.clear();
            scope.loops.extend(label.map(str::to_owned));
        };
        self.inside(change, |generator| format!("{{ {} }}", generator.statements(d)))
    }

    /// A macro call that is a statement.
    fn message(&mut self, d: usize) -> Text {
        match self.random.below(5) {
            0 => format!("println!(\"says {{}} {{}}\", {}, {});", self.number(d), self.number(d)),
            1 => format!("assert!({} < u64::MAX, \"{{}}\", {});", self.operand(d), self.number(d)),
            2 => format!("assert_ne!({}, {} + (1 << 60));", self.operand(d), self.simple()),
            3 => format!("let mut t = String::new(); write!(t, \"{{}}\", {}).unwrap();", self.number(d)),
            _ => format!("debug_assert!(matches!({}, None | Some(_)));", self.option(d)),
        }
    }
}
