//! Bytes to the introspection server: each line has a reply, which is an object with `ok` or `error`.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use vimage::inspect::Server;

use crate::values::instances;

/// As much as a socket's buffer has room for, so that all is written before a reply is read.
const LONGEST: usize = 96 << 10;
/// The longest line that the server reads.
const LINE: usize = 64 << 10;
/// For a reply on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn server() -> &'static (TempDir, Server) {
    static SERVER: OnceLock<(TempDir, Server)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let builder = Server::builder(folder.path().join("s")).writable();
        (folder, builder.start().expect("the folder has room for a socket"))
    })
}

pub(crate) fn check(data: &[u8]) {
    assert!(!instances().is_empty());
    let data = &data[..data.len().min(LONGEST)];
    let mut stream = UnixStream::connect(server().1.path()).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("the time is not zero");
    stream.write_all(data).expect("the buffer has room");
    stream.shutdown(Shutdown::Write).expect("the stream is open");
    let mut replies = Vec::new();
    stream.read_to_end(&mut replies).expect("the server replies and closes");
    let replies = String::from_utf8(replies).expect("replies are text");
    assert!(replies.is_empty() || replies.ends_with('\n'), "a reply does not end");
    let mut replied = 0;
    for reply in replies.lines() {
        replied += 1;
        let reply: Value = serde_json::from_str(reply).expect("a reply is JSON");
        let has = |member: &str| reply.get(member).is_some();
        assert!(has("ok") != has("error"), "{reply}");
        let is_error = |error: &Value| error["kind"].is_string() && error["message"].is_string();
        assert!(reply.get("error").is_none_or(is_error), "{reply}");
    }
    assert_eq!(replied, requests(data));
}

/// The number of replies. Lines of blanks have none, unless they are too long or do not end.
fn requests(data: &[u8]) -> usize {
    let (lines, unfinished) = match data.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&data[..0], data),
    };
    let is_request = |line: &&[u8]| line.len() > LINE || !line.iter().all(u8::is_ascii_whitespace);
    lines.split(|byte| *byte == b'\n').filter(is_request).count() + usize::from(!unfinished.is_empty())
}
