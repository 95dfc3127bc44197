//! One client: lines in, lines out, in bounded size and time.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::request::{Failure, Request, Terms};
use super::{LOCKS, Shared};
use crate::boot;

/// The longest request, without its end of line.
const REQUEST: usize = 64 << 10;

/// The longest reply.
const REPLY: usize = 4 << 20;

/// Of replies that are not taken yet, of all clients. Small ones are always made, so that errors come through.
const PENDING: usize = 64 << 20;
const SMALL: usize = 4 << 10;

/// What came of reading.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    /// The client is gone, silent for too long, or too slow.
    End(Option<Failure>),
}

pub(super) fn serve(stream: &UnixStream, shared: &Shared) {
    let mut lines = Lines { stream, shared, unread: Vec::new() };
    while !shared.stopping.load(Ordering::SeqCst) {
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

/// Tells one client too many.
pub(super) fn refuse(stream: &UnixStream) {
    let reply = refusal("busy", "there are too many connections");
    // The buffer of a fresh socket has room for it.
    _ = stream.set_nonblocking(true);
    _ = { stream }.write_all(&reply);
}

/// The reply to a line. What it takes to make it is gone when the turn is.
fn answer(line: &[u8], shared: &Shared) -> Vec<u8> {
    let request = Request::new(line);
    let is_brief = request.is_brief() && shared.booted.load(Ordering::Relaxed);
    let Some(_turn) = (if is_brief { shared.brief_turn() } else { shared.turn() }) else {
        return text(&request.refuse(Failure::new("busy", "too many requests are being answered")));
    };
    // Hooks of base instances may take their time: in a turn like any other.
    if let Err(error) = boot::ensure() {
        return text(&request.refuse(Failure::new("boot", error.to_string())));
    }
    shared.booted.store(true, Ordering::Relaxed);
    // Instances end behind the lock, for hooks may run then.
    let mut held = Vec::new();
    // One at a time, for the memory that it takes.
    let _one = is_brief.then(|| shared.brief.lock().unwrap_or_else(PoisonError::into_inner));
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
    /// What came behind the last line.
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
                // What is too long is not kept, but read to its end.
                too_long = true;
                self.unread.clear();
                searched = 0;
            }
            let deadline = match begun {
                Some(begun) => begun + settings.request_timeout,
                None => Instant::now() + settings.idle_timeout,
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

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        let mut chunk = [0; 4096];
        loop {
            self.stream.set_read_timeout(Some(left(deadline)?))?;
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

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn text(reply: &Value) -> Vec<u8> {
    let mut text = reply.to_string().into_bytes();
    text.push(b'\n');
    text
}

/// Writes a reply, however slowly the client reads, until its time is over.
fn write(stream: &UnixStream, shared: &Shared, mut reply: Vec<u8>) -> io::Result<()> {
    let pending = Pending { shared, bytes: reply.len() };
    if shared.pending.fetch_add(pending.bytes, Ordering::Relaxed) > PENDING && pending.bytes > SMALL {
        reply = refusal("busy", "too many replies wait for their readers");
    }
    let deadline = Instant::now() + shared.settings.request_timeout;
    let mut rest = &*reply;
    while !rest.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        match { stream }.write(rest) {
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Pending<'a> {
    shared: &'a Shared,
    bytes: usize,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.shared.pending.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
