//! Opens pages in the browser of this machine, without a window.
//!
//! A page is driven by a script that the test adds to it or that holds it in a frame: the scripts click and read as a
//! person does. The crates that speak the browser's own protocol generate all of it, and take longer to compile than
//! everything that is tested with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// A loaded machine takes long to start a browser; one that hangs is ended.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A browser, and the folder that it may write to.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
    folder: PathBuf,
}

impl Browser {
    /// Finds a browser on the `PATH`. Without one it says so on the standard error, and the caller skips its test.
    ///
    /// # Panics
    ///
    /// If the folder cannot be made.
    pub fn find(folder: &Path) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let candidates = std::env::split_paths(&path).flat_map(|folder| PROGRAMS.map(|name| folder.join(name)));
        let Some(program) = candidates.into_iter().find(|program| program.is_file()) else {
            eprintln!("SKIPPED: there is no browser: none of {PROGRAMS:?} is on the PATH");
            return None;
        };
        fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Some(Self { program, folder: folder.to_owned() })
    }

    /// The document of a page of this width in pixels, after the scripts that run while it loads.
    ///
    /// # Panics
    ///
    /// If the browser fails, or takes longer than [`LIMIT`].
    pub fn document(&self, url: &str, width: u32) -> String {
        let mut window = self.start(&["--dump-dom", url], width);
        let begin = Instant::now();
        let status = loop {
            match window.process.try_wait().expect("the browser is a child of this process") {
                Some(status) => break status,
                None if begin.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(50)),
                None => panic!("{url}: the browser did not end in {LIMIT:?}\n{}", window.complaints()),
            }
        };
        assert!(status.success(), "{url}: {status}\n{}", window.complaints());
        read(&self.folder.join("out"))
    }

    /// Opens a page, which tells the test itself what was found, and closes it when the window is dropped.
    ///
    /// # Panics
    ///
    /// If the browser cannot be started.
    pub fn open(&self, url: &str, width: u32) -> Window {
        self.start(&["--remote-debugging-port=0", url], width)
    }

    fn start(&self, arguments: &[&str], width: u32) -> Window {
        let file = |name| File::create(self.folder.join(name)).expect("the folder can be written to");
        let mut command = Command::new(&self.program);
        // The pages are ours, and a container lets nobody make a sandbox.
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.arg(format!("--user-data-dir={}", self.folder.join("profile").display()));
        command.arg(format!("--window-size={width},900"));
        command.args(arguments).stdout(file("out")).stderr(file("err"));
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        Window { process, complaints: self.folder.join("err") }
    }
}

/// A page that is open, until it is dropped.
#[derive(Debug)]
pub struct Window {
    process: Child,
    complaints: PathBuf,
}

impl Window {
    /// All that the browser has printed to its standard error.
    pub fn complaints(&self) -> String {
        read(&self.complaints)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended by itself. Its helpers are in its group.
        if cfg!(unix) {
            _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.process.id())]).output();
        }
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
