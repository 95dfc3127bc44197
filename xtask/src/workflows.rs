//! That what the workflows run is there: nothing else looks at them before a server does.

use std::error::Error;
use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode as _, Yaml};

use crate::{USAGE, deep};

/// Programs that a server has.
const PROGRAMS: [&str; 4] = ["apt-get", "cargo", "echo", "rustup"];

#[test]
fn what_workflows_run_is_there() -> Result<(), Box<dyn Error>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut commands = Vec::new();
    for entry in fs::read_dir(root.join(".github/workflows"))? {
        let path = entry?.path();
        let wrong = |what: String| format!("{}: {what}", path.display());
        let text = fs::read_to_string(&path)?;
        let documents = Yaml::load_from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let workflow = documents.first().ok_or_else(|| wrong("is empty".to_owned()))?;
        commands.extend(checked(workflow).map_err(wrong)?);
    }
    let missing: Vec<&String> = commands.iter().filter(|command| !is_there(root, command)).collect();
    assert!(missing.is_empty(), "workflows run what is not there: {missing:#?}");
    // The fast checks and the slow ones.
    assert!([".ci/run", "cargo xtask deep list"].iter().all(|command| commands.iter().any(|found| found == command)));
    Ok(())
}

/// The commands of a workflow, each of which is in a job that ends and refers to what there is.
fn checked(workflow: &Yaml<'_>) -> Result<Vec<String>, String> {
    let jobs = &part(workflow, "jobs").ok_or("has no jobs")?;
    let mut commands = Vec::new();
    for (name, job) in jobs.as_mapping().ok_or("jobs are no mapping")? {
        let name = name.as_str().unwrap_or_default();
        part(job, "timeout-minutes").ok_or_else(|| format!("job {name} has no time limit"))?;
        let steps = part(job, "steps").and_then(Yaml::as_sequence).ok_or_else(|| format!("job {name} has no steps"))?;
        if let Some(needed) = part(job, "needs").and_then(Yaml::as_str) {
            part(jobs, needed).ok_or_else(|| format!("job {name} needs {needed}, which is not there"))?;
        }
        for step in steps {
            let text = |key| part(step, key).and_then(Yaml::as_str);
            match (text("uses"), text("run")) {
                (Some(action), None) if action.contains("@v") => {}
                (None, Some(run)) => commands.extend(commands_of(run, job)?),
                other => return Err(format!("job {name} has a step that neither runs nor uses: {other:?}")),
            }
        }
    }
    Ok(commands)
}

/// The commands of a line, with the first word that names a program in front.
fn commands_of(run: &str, job: &Yaml<'_>) -> Result<Vec<String>, String> {
    for (at, _) in run.match_indices("${{ matrix.") {
        let name = run[at..].split(['.', ' ', '}']).nth(2).unwrap_or_default();
        let matrix = part(job, "strategy").and_then(|strategy| part(strategy, "matrix"));
        matrix.and_then(|matrix| part(matrix, name)).ok_or_else(|| format!("{run}: there is no matrix of {name}"))?;
    }
    let mut commands = Vec::new();
    for command in run.lines().flat_map(|line| line.split("&&")) {
        commands.push(command.trim().trim_start_matches("sudo ").to_owned());
        commands.extend(command.split("$(").skip(1).filter_map(|inner| inner.split(')').next()).map(str::to_owned));
    }
    Ok(commands)
}

fn is_there(root: &Path, command: &str) -> bool {
    match command.split(' ').collect::<Vec<_>>()[..] {
        ["cargo", "xtask", "deep", name, ..] if name != "list" && name != "${{" => deep::names().contains(&name),
        ["cargo", "xtask", name, ..] => USAGE.lines().any(|line| line.split(' ').nth(2) == Some(name)),
        [program, ..] if program.contains('/') => is_executable(&root.join(program)),
        [program, ..] => PROGRAMS.contains(&program),
        [] => false,
    }
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    let is = |data: fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o100 != 0;
    #[cfg(not(unix))]
    let is = |data: fs::Metadata| data.is_file();
    path.metadata().is_ok_and(is)
}

fn part<'a, 'y>(yaml: &'a Yaml<'y>, key: &str) -> Option<&'a Yaml<'y>> {
    yaml.as_mapping_get(key)
}

#[test]
fn a_workflow_that_cannot_run_is_found() -> Result<(), Box<dyn Error>> {
    const JOB: &str = "jobs: {one: {timeout-minutes: 5, strategy: {matrix: {check: [a]}}, steps: [{run: ";
    let check = |text: &str| -> Result<Vec<String>, Box<dyn Error>> {
        let documents = Yaml::load_from_str(text)?;
        Ok(checked(documents.first().ok_or("empty")?)?)
    };
    let commands =
        check(&format!("{JOB}'sudo apt-get update && echo $(cargo xtask nothing) ${{{{ matrix.check }}}}'}}]}}}}"))?;
    let expected = ["apt-get update", "echo $(cargo xtask nothing) ${{ matrix.check }}", "cargo xtask nothing"];
    assert_eq!(commands, expected);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(is_there(root, "cargo xtask guard") && is_there(root, "cargo xtask deep deny"));
    let missing = ["cargo xtask nothing", "cargo xtask deep nothing", "./nothing", "./Cargo.toml", "nothing"];
    assert!(missing.iter().all(|command| !is_there(root, command)));
    assert!(check(&format!("{JOB}'a ${{{{ matrix.other }}}}'}}]}}}}")).is_err(), "no such matrix");
    assert!(check(&JOB.replace("timeout-minutes: 5, ", "")).is_err(), "no time limit");
    assert!(check(&format!("{JOB}a}}], needs: two}}}}")).is_err(), "no such job");
    assert!(check(&format!("{JOB}[a]}}]}}}}")).is_err(), "no command");
    Ok(())
}
