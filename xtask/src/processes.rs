//! The processes below one, which the system tells.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::process::Command;

pub(crate) struct Process {
    id: u32,
    parent: u32,
    /// As in `ps`: R runs, S sleeps, T is stopped, t is stopped by a tracer, Z is a zombie.
    state: char,
    command: String,
}

impl Display for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { id, parent, state, command } = self;
        write!(f, "{id:>8} {parent:>8} {state} {command}")
    }
}

/// All processes below one, parents first; none where there is no `/proc`.
pub(crate) fn below(root: u32) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut others: Vec<Process> = ids.filter_map(read).collect();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        let children = others.extract_if(.., |process| process.parent == parent);
        let children: Vec<Process> = children.collect();
        parents.extend(children.iter().map(|child| child.id));
        found.extend(children);
    }
    found
}

fn read(id: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Behind the name, which can contain anything, `)` as well.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let command = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    Some(Process { id, parent, state, command })
}

pub(crate) fn kill(processes: &[Process]) {
    for process in processes {
        _ = Command::new("kill").args(["-KILL", &process.id.to_string()]).status();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn processes_below_one_are_found_and_killed() {
        let mut shell = Command::new("sh").args(["-c", "sleep 600 & sleep 600; exit 1"]).spawn().unwrap();
        let sleeping = || {
            let below = below(std::process::id());
            below.into_iter().filter(|process| process.command.starts_with("sleep 600")).collect::<Vec<_>>()
        };
        while sleeping().len() < 2 {
            std::thread::yield_now();
        }
        let below = below(shell.id());
        assert_eq!(below.len(), 2);
        kill(&below);
        // The shell waits for the second one only.
        assert!(!shell.wait().unwrap().success());
        assert!(sleeping().is_empty());
    }
}
