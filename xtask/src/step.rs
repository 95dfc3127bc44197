//! Running the steps of a chore, and what each of them takes.

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) type Done = Result<(), String>;

struct Step {
    title: String,
    wall: Duration,
    /// Of the step's processes, where the system tells.
    cpu: Option<Duration>,
}

static STEPS: Mutex<Vec<Step>> = Mutex::new(Vec::new());

/// Runs cargo as a step.
pub(crate) fn cargo(title: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    run(title, Command::new(cargo).args(arguments).envs(variables.iter().copied()))
}

/// Runs a command as a step; an error if it does not succeed.
pub(crate) fn run(title: &str, command: &mut Command) -> Done {
    timed(title, || {
        println!("\n== {title}: {command:?}");
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{title}: {command:?} failed: {status}")),
            Err(error) => Err(format!("{title}: {command:?} did not start: {error}")),
        }
    })
}

/// Takes the time of a step.
pub(crate) fn timed(title: &str, step: impl FnOnce() -> Done) -> Done {
    let (begin, cpu) = (Instant::now(), children());
    let done = step();
    let cpu = children().zip(cpu).map(|(now, then)| now.saturating_sub(then));
    let step = Step { title: title.to_owned(), wall: begin.elapsed(), cpu };
    STEPS.lock().expect("no step panics").push(step);
    done
}

/// Prints what the steps took, if there were several.
pub(crate) fn print_times() {
    let mut steps = STEPS.lock().expect("no step panics");
    if steps.len() < 2 {
        return;
    }
    let cpu = steps.iter().map(|step| step.cpu).sum();
    let wall = steps.iter().map(|step| step.wall).sum();
    steps.push(Step { title: "all steps".to_owned(), wall, cpu });
    println!("\n{:>7} {:>7}  step", "wall s", "cpu s");
    for Step { title, wall, cpu } in &*steps {
        let cpu = cpu.map_or_else(|| "?".to_owned(), |cpu| format!("{:.1}", cpu.as_secs_f64()));
        println!("{:>7.1} {cpu:>7}  {title}", wall.as_secs_f64());
    }
}

/// The CPU time of all processes that have ended and been waited for, theirs included.
fn children() -> Option<Duration> {
    // The kernel counts in hundredths of a second here, whatever its own clock.
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which can contain anything, `)` as well.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
