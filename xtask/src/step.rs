//! Running the steps of a chore, and what each of them takes.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::processes;

pub(crate) type Done = Result<(), String>;

struct Step {
    title: String,
    wall: Duration,
    /// Of the step's processes, where the system tells.
    cpu: Option<Duration>,
}

static STEPS: Mutex<Vec<Step>> = Mutex::new(Vec::new());
/// Set while steps run side by side: then the output of each is printed when it ends.
static SIDE_BY_SIDE: AtomicBool = AtomicBool::new(false);
/// For a step beside others. The longest takes some six minutes: one that takes so long hangs, and its output, which tells
/// where, would never be seen.
const LIMIT: Duration = Duration::from_secs(25 * 60);

/// Runs cargo as a step.
pub(crate) fn cargo(title: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    run(title, Command::new(cargo).args(arguments).envs(variables.iter().copied()))
}

/// Runs another command of this program as a step.
pub(crate) fn this(title: &str, command: &str) -> Done {
    let this = std::env::current_exe().map_err(|error| format!("{title}: {error}"))?;
    run(title, Command::new(this).arg(command))
}

/// Runs a command as a step; an error if it does not succeed.
pub(crate) fn run(title: &str, command: &mut Command) -> Done {
    let line = format!("{title}: {command:?}");
    timed(title, || {
        if SIDE_BY_SIDE.load(Relaxed) { apart(&line, command) } else { in_the_open(&line, || succeeds(&line, command)) }
    })
}

/// As [`run`], for a command that runs beside no other, and is ended after a limit.
pub(crate) fn run_within(title: &str, command: &mut Command, limit: Duration) -> Done {
    let line = format!("{title}: {command:?}");
    timed(title, || in_the_open(&line, || ends(&line, command, limit)))
}

fn timed(title: &str, run: impl FnOnce() -> (Done, Option<Duration>)) -> Done {
    let begin = Instant::now();
    let (done, cpu) = run();
    STEPS.lock().expect("no step panics").push(Step { title: title.to_owned(), wall: begin.elapsed(), cpu });
    done
}

fn in_the_open(line: &str, run: impl FnOnce() -> Done) -> (Done, Option<Duration>) {
    println!("\n== {line}");
    let before = children();
    let done = run();
    (done, children().zip(before).map(|(after, before)| after.saturating_sub(before)))
}

/// Runs a command below a process that measures it, and prints what it has printed when it ends.
fn apart(line: &str, command: &mut Command) -> (Done, Option<Duration>) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("xtask-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
    let path = |end: &str| std::env::temp_dir().join(&name).with_extension(end);
    let (printed, cpu) = (path("log"), path("cpu"));
    println!("begins: {line}");
    let done = measured(command, &printed, &cpu).and_then(|mut command| ends(line, &mut command, LIMIT));
    println!("\n== {line}\n{}", taken(&printed).unwrap_or_default());
    (done, taken(&cpu).and_then(|text| text.parse().ok()).map(Duration::from_millis))
}

/// The contents of a file that is not needed any longer.
fn taken(path: &Path) -> Option<String> {
    let text = std::fs::read(path).ok();
    _ = std::fs::remove_file(path);
    Some(String::from_utf8_lossy(&text?).into_owned())
}

fn measured(command: &Command, printed: &Path, cpu: &Path) -> Result<Command, String> {
    let open = || {
        let this = std::env::current_exe()?;
        let printed = File::create(printed)?;
        std::io::Result::Ok((this, printed.try_clone()?, printed))
    };
    let (this, out, err) = open().map_err(|error| format!("{command:?}: {error}"))?;
    let mut measured = Command::new(this);
    measured.arg("measured").arg(cpu).arg(command.get_program()).args(command.get_args());
    measured.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    measured.stdout(out).stderr(err);
    Ok(measured)
}

/// The command `measured`: runs another one, and writes the CPU time of its processes into a file.
pub(crate) fn measure(cpu: &str, program: &str, arguments: &[&str]) -> ExitCode {
    let status = Command::new(program).args(arguments).status();
    if let Some(time) = children() {
        _ = std::fs::write(cpu, time.as_millis().to_string());
    }
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Runs a command that needs the network, which may not answer.
pub(crate) fn fetch(title: &str, command: &mut Command, limit: Duration) -> Done {
    let line = format!("{title}: {command:?}");
    println!("\n== {line}");
    ends(&line, command, limit)
}

fn succeeds(line: &str, command: &mut Command) -> Done {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line} failed: {status}")),
        Err(error) => Err(format!("{line} did not start: {error}")),
    }
}

/// As [`succeeds`], within a limit.
fn ends(line: &str, command: &mut Command, limit: Duration) -> Done {
    let mut child = command.spawn().map_err(|error| format!("{line} did not start: {error}"))?;
    let begin = Instant::now();
    while begin.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{line} failed: {status}")),
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(format!("{line}: {error}")),
        }
    }
    let below = processes::below(child.id());
    let running: Vec<String> = below.iter().map(ToString::to_string).collect();
    processes::kill(&below);
    _ = child.kill();
    _ = child.wait();
    let limit = limit.as_secs() / 60;
    Err(format!("{line} has not ended within {limit} minutes; these processes ran:\n{}", running.join("\n")))
}

/// Runs each lane, one step after the other, beside the other lanes: where one waits for its linker or for the time
/// limits of a test, another one has work. All lanes run to their ends or to their first failure.
pub(crate) fn side_by_side(lanes: &[fn() -> Done]) -> Done {
    SIDE_BY_SIDE.store(true, Relaxed);
    let failed: Vec<String> = std::thread::scope(|scope| {
        let lanes: Vec<_> = lanes.iter().map(|lane| scope.spawn(lane)).collect();
        let ends = lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| Err("a lane panicked".to_owned())));
        ends.filter_map(Result::err).collect()
    });
    SIDE_BY_SIDE.store(false, Relaxed);
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Prints what the steps took, if there were several.
pub(crate) fn print_times(all: Duration) {
    let mut steps = STEPS.lock().expect("no step panics");
    if steps.len() < 2 {
        return;
    }
    let cpu = steps.iter().map(|step| step.cpu).sum();
    steps.push(Step { title: "all of it".to_owned(), wall: all, cpu });
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
