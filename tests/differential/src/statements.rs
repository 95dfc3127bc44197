//! Statements.

use crate::generate::{Generator, Scope, Text};
use crate::text::used;

impl Generator {
    /// Statements and a number behind them, without braces.
    pub(crate) fn block(&mut self, depth: usize) -> Text {
        self.inside(
            |_| {},
            |generator| {
                let statements = generator.statements(depth);
                format!("{statements} {}", generator.number(depth))
            },
        )
    }

    pub(crate) fn statements(&mut self, depth: usize) -> Text {
        let count = self.random.below(depth + 2);
        let statements: Vec<_> = (0..count).map(|_| self.statement(depth)).collect();
        statements.join(" ")
    }

    /// Statements that end in braces of their own.
    pub(crate) fn body(&mut self, depth: usize) -> Text {
        self.inside(|_| {}, |generator| format!("{{ {} }}", generator.statements(depth)))
    }

    pub(crate) fn statement(&mut self, depth: usize) -> Text {
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

    pub(crate) fn binding(&mut self, start: &str, d: usize, value: impl FnOnce(&mut Self, usize) -> Text) -> Text {
        let name = self.name(start);
        let value = value(self, d);
        self.scope.numbers.push(name.clone());
        format!("let {name} = {value};")
    }

    pub(crate) fn guard_binding(&mut self, d: usize) -> Text {
        let name = self.name("g");
        let guard = self.guard(d);
        self.scope.guards.push(name.clone());
        format!("let {name} = {guard};")
    }

    pub(crate) fn looped(&mut self, d: usize) -> Text {
        let (label, count) = (self.name("'a"), self.name("k"));
        let condition = self.condition(d);
        let body = self.loop_body(d, Some(&label));
        format!("let mut {count} = 0; {label}: while {condition} {{ {count} += 1; if {count} > 2 {{ break }} {body} }}")
    }

    pub(crate) fn loop_body(&mut self, d: usize, label: Option<&str>) -> Text {
        // What is dropped in a loop is gone when it goes round.
        let change = |scope: &mut Scope| {
            scope.guards.clear();
            scope.loops.extend(label.map(str::to_owned));
        };
        self.inside(change, |generator| format!("{{ {} }}", generator.statements(d)))
    }

    /// A macro call that is a statement.
    pub(crate) fn message(&mut self, d: usize) -> Text {
        match self.random.below(5) {
            0 => format!("println!(\"says {{}} {{}}\", {}, {});", self.number(d), self.number(d)),
            1 => format!("assert!({} < u64::MAX, \"{{}}\", {});", self.operand(d), self.number(d)),
            2 => format!("assert_ne!({}, {} + (1 << 60));", self.operand(d), self.simple()),
            3 => format!("let mut t = String::new(); write!(t, \"{{}}\", {}).unwrap();", self.number(d)),
            _ => format!("debug_assert!(matches!({}, None | Some(_)));", self.option(d)),
        }
    }
}
