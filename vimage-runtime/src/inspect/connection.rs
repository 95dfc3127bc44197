//! One client: lines in, lines out, in bounded size and time.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::Failure;
use super::protocol::{Request, Terms};
use super::shared::Shared;
use crate::boot;
use crate::error::Chain;

/// The longest request, without its end of line.
const REQUEST: usize = 64 << 10;

/// The longest reply.
const REPLY: usize = 4 << 20;

/// The longest wait for locks of the program. Well below the time for which other requests wait for a turn.
const LOCKS: Duration = Duration::from_secs(1);

/// The result of reading a line.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    /// The client has closed the connection, or was silent or slow for too long.
    End(Option<Failure>),
}

pub(super) fn serve(stream: &UnixStream, shared: &Shared) {
    let mut lines = Lines { stream, shared, unread: Vec::new() };
    while !shared.is_stopping() {
        let (reply, last) = match lines.next() {
            Line::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Line::Whole(line) => (answer(&line, shared), false),
            Line::TooLong => (refusal("too_long", &format!("a request has at most {REQUEST} bytes")), false),
            Line::End(Some(failure)) => (text(&error(failure)), true),
            Line::End(None) => return,
        };
        if write(stream, shared, reply).is_err() || last {
            return;
        }
    }
}

/// Refuses a connection that nothing serves.
pub(super) fn refuse(stream: &UnixStream, message: &str) {
    let reply = refusal("busy", message);
    // The buffer of a new socket has room for it.
    _ = stream.set_nonblocking(true);
    _ = { stream }.write_all(&reply);
}

/// The reply to a line. The memory for it is used within a turn only.
fn answer(line: &[u8], shared: &Shared) -> Vec<u8> {
    let request = Request::new(line);
    let is_brief = request.is_brief() && shared.has_booted();
    let Some(_turn) = (if is_brief { shared.brief_turn() } else { shared.turn() }) else {
        return text(&request.refuse(Failure::new("busy", "too many requests are being answered")));
    };
    // Within a turn, because hooks of base instances may take their time.
    if let Err(error) = boot::ensure() {
        return text(&request.refuse(Failure::new("boot", Chain(&error).to_string())));
    }
    shared.set_booted();
    // Declared before the lock, so that it is dropped after it: the last handle to an instance runs hooks.
    let mut held = Vec::new();
    let _one = is_brief.then(|| shared.one_brief());
    let settings = &shared.settings;
    let deadline = Instant::now() + LOCKS.min(settings.request_timeout / 2);
    let reply = text(&request.answer(Terms { writable: settings.writable, deadline, held: &mut held }));
    if reply.len() > REPLY {
        return refusal("too_large", &format!("the reply would have more than {REPLY} bytes; ask for less"));
    }
    reply
}

fn refusal(kind: &'static str, message: &str) -> Vec<u8> {
    text(&error(Failure::new(kind, message)))
}

fn error(failure: Failure) -> Value {
    json!({ "error": failure })
}

struct Lines<'a> {
    stream: &'a UnixStream,
    shared: &'a Shared,
    /// The bytes after the last line.
    unread: Vec<u8>,
}

impl Lines<'_> {
    fn next(&mut self) -> Line {
        let settings = &self.shared.settings;
        let mut begun = (!self.unread.is_empty()).then(Instant::now);
        let mut searched = 0;
        let mut too_long = false;
        loop {
            if let Some(end) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.unread.split_off(searched + end + 1);
                let mut line = std::mem::replace(&mut self.unread, rest);
                line.pop();
                return if too_long || line.len() > REQUEST { Line::TooLong } else { Line::Whole(line) };
            }
            searched = self.unread.len();
            if searched > REQUEST {
                // A line that is too long is read to its end, but not kept.
                too_long = true;
                self.unread.clear();
                searched = 0;
            }
            let deadline = match begun {
                Some(begun) => begun.checked_add(settings.request_timeout),
                None => Instant::now().checked_add(settings.idle_timeout),
            };
            match self.read(deadline) {
                Ok(0) if begun.is_none() => return Line::End(None),
                Ok(0) => return Line::End(Some(Failure::new("malformed", "the request does not end in a line feed"))),
                Ok(_) => _ = begun.get_or_insert_with(Instant::now),
                Err(_) if begun.is_some() => {
                    return Line::End(Some(Failure::new("timeout", "the request did not come in time")));
                }
                Err(_) => return Line::End(None),
            }
        }
    }

    /// Reads until the deadline; without one, for as long as the client takes.
    fn read(&mut self, deadline: Option<Instant>) -> io::Result<usize> {
        let mut chunk = [0; 4096];
        loop {
            self.stream.set_read_timeout(time_until(deadline)?)?;
            match { self.stream }.read(&mut chunk) {
                Ok(length) => {
                    self.unread.extend_from_slice(&chunk[..length]);
                    return Ok(length);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time that is left: a deadline too far away for the clock is none.
fn time_until(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(deadline) = deadline else { return Ok(None) };
    let time = deadline.saturating_duration_since(Instant::now());
    if time.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(time)) }
}

fn text(reply: &Value) -> Vec<u8> {
    let mut text = reply.to_string().into_bytes();
    text.push(b'\n');
    text
}

/// Writes a reply until the client has read it, or its time is over.
fn write(stream: &UnixStream, shared: &Shared, mut reply: Vec<u8>) -> io::Result<()> {
    let (_unread, is_allowed) = shared.count_unread(reply.len());
    if !is_allowed {
        reply = refusal("busy", "too many replies wait for their readers");
    }
    let deadline = Instant::now().checked_add(shared.settings.request_timeout);
    let mut rest = &*reply;
    while !rest.is_empty() {
        stream.set_write_timeout(time_until(deadline)?)?;
        match { stream }.write(rest) {
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
