//! What happened in a run so far, so that any number of watchers can read it at their own pace
//! and come back after a broken connection.
//!
//! A sequence number is a place in the log: the number of the attempt in the upper half, and in
//! the lower half one for each byte of output and one for each other event. So an event may be
//! joined with the next or cut anywhere, and a watcher goes on exactly where it was, even after
//! the run was stored and read again. When a run is tried again after its runner was lost, the
//! log begins anew at the next attempt's number, and watchers see `started` again.
//!
//! Memory is bounded: output by the limit, the number of pieces by `MAX_PIECES`. A program that
//! alternates between its streams byte by byte reaches that; from then on its output is gathered
//! to larger pieces.

use jiff::Timestamp;

use super::model::{OutputStream, QueuePosition};

/// Pieces from which on output is gathered.
const MAX_PIECES: usize = 8192;
/// Gathered output becomes a piece when there is that much of one stream.
const GATHERED_BYTES: usize = 16 * 1024;
/// Most bytes of output that are read at one time.
const READ_BYTES: usize = 64 * 1024;
/// In the stored order, a piece of the drawing is its length and this.
const DRAWN: i64 = 1 << 40;
/// Bits of a sequence number below the attempt.
const ATTEMPT_SHIFT: u32 = 32;

/// An event that a watcher reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The place behind it.
    pub sequence: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run moved in the queue.
    Queued(QueuePosition),
    /// The program started.
    Started,
    /// The program wrote something.
    Output(OutputStream, Vec<u8>),
}

/// The log of one run.
#[derive(Debug)]
pub struct Log {
    /// Place before the first piece.
    base: u64,
    pieces: Vec<Piece>,
    stdout: Output,
    stderr: Output,
    drawing: Output,
    room: Room,
}

/// How much a log keeps.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Bytes of each of standard output and standard error.
    pub output: usize,
    /// Bytes of the drawing.
    pub drawing: usize,
}

impl From<usize> for Room {
    fn from(each: usize) -> Self {
        Self {
            output: each,
            drawing: each,
        }
    }
}

/// All that a program wrote, as it is stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written<'a> {
    /// Standard output.
    pub stdout: &'a [u8],
    /// Standard error.
    pub stderr: &'a [u8],
    /// What it drew.
    pub drawing: &'a [u8],
}

#[derive(Debug)]
struct Piece {
    end: u64,
    time: Timestamp,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Queued(QueuePosition),
    Started,
    /// Stream, and where its bytes begin there.
    Output(OutputStream, usize),
}

/// The output of one stream: what pieces cover, and behind it what is gathered.
#[derive(Debug, Default)]
struct Output {
    bytes: Vec<u8>,
    covered: usize,
}

impl Log {
    /// An empty log of an attempt.
    pub fn new(attempt: u32, room: impl Into<Room>) -> Self {
        Self {
            base: u64::from(attempt) << ATTEMPT_SHIFT,
            pieces: Vec::new(),
            stdout: Output::default(),
            stderr: Output::default(),
            drawing: Output::default(),
            room: room.into(),
        }
    }

    /// The log of a run that was stored: its start, and its output in the stored order.
    pub fn restore(
        attempt: u32,
        start: Option<Timestamp>,
        written: Written<'_>,
        order: &[i64],
    ) -> Self {
        let mut log = Self::new(attempt, usize::MAX);
        let Some(start) = start else { return log };
        log.start(start);
        let Written {
            mut stdout,
            mut stderr,
            mut drawing,
        } = written;
        for &length in order {
            let (stream, rest, length) = match length {
                ..0 => (OutputStream::Stderr, &mut stderr, length),
                0..DRAWN => (OutputStream::Stdout, &mut stdout, length),
                DRAWN.. => (OutputStream::Drawing, &mut drawing, length - DRAWN),
            };
            let count = usize::try_from(length.unsigned_abs())
                .unwrap_or(usize::MAX)
                .min(rest.len());
            let (piece, after) = rest.split_at(count);
            *rest = after;
            log.write(stream, piece, start);
        }
        log.finish(start);
        log
    }

    /// Notes where the run stands in the queue. Only the last such note is kept.
    pub fn queue(&mut self, position: QueuePosition, now: Timestamp) {
        let end = self.end() + 1;
        let last_is_queued = matches!(
            self.pieces.last(),
            Some(Piece {
                kind: Kind::Queued(_),
                ..
            })
        );
        if last_is_queued {
            // A watcher that read the old one reads this as the event after it.
            self.pieces.pop();
        }
        self.pieces.push(Piece {
            end,
            time: now,
            kind: Kind::Queued(position),
        });
    }

    /// Notes that the program started.
    pub fn start(&mut self, now: Timestamp) {
        self.pieces.push(Piece {
            end: self.end() + 1,
            time: now,
            kind: Kind::Started,
        });
    }

    /// Notes output. What is over the limit of its stream is dropped.
    pub fn write(&mut self, stream: OutputStream, data: &[u8], now: Timestamp) {
        let gather = self.pieces.len() >= MAX_PIECES;
        let limit = match stream {
            OutputStream::Stdout | OutputStream::Stderr => self.room.output,
            OutputStream::Drawing => self.room.drawing,
        };
        let output = self.output_mut(stream);
        let room = limit.saturating_sub(output.bytes.len());
        output
            .bytes
            .extend_from_slice(&data[..data.len().min(room)]);
        if !gather || output.bytes.len() - output.covered >= GATHERED_BYTES {
            self.cover(stream, now);
        }
    }

    /// Turns what is still gathered into pieces. Called when the program has ended.
    pub fn finish(&mut self, now: Timestamp) {
        self.cover(OutputStream::Stdout, now);
        self.cover(OutputStream::Stderr, now);
        self.cover(OutputStream::Drawing, now);
    }

    /// The place behind the last event.
    pub fn end(&self) -> u64 {
        self.pieces.last().map_or(self.base, |piece| piece.end)
    }

    /// The place from which a watcher goes on that has read up to `after`: the beginning, when
    /// it has seen an earlier attempt only.
    pub fn resume(&self, after: u64) -> u64 {
        after.max(self.base)
    }

    /// The next event behind a place; none when there is no more yet.
    pub fn read(&self, after: u64) -> Option<Entry> {
        let after = self.resume(after);
        let index = self.pieces.partition_point(|piece| piece.end <= after);
        let piece = self.pieces.get(index)?;
        let (sequence, event) = match piece.kind {
            Kind::Queued(position) => (piece.end, Event::Queued(position)),
            Kind::Started => (piece.end, Event::Started),
            Kind::Output(stream, offset) => {
                let begin = index
                    .checked_sub(1)
                    .map_or(self.base, |before| self.pieces[before].end);
                let skip = usize::try_from(after - begin).unwrap_or(usize::MAX);
                let length = usize::try_from(piece.end - after)
                    .unwrap_or(usize::MAX)
                    .min(READ_BYTES);
                let bytes = self.output(stream).bytes[offset + skip..][..length].to_vec();
                (after + length as u64, Event::Output(stream, bytes))
            }
        };
        Some(Entry {
            sequence,
            time: piece.time,
            event,
        })
    }

    /// All output of a stream that events tell of.
    pub fn written(&self, stream: OutputStream) -> &[u8] {
        let output = self.output(stream);
        &output.bytes[..output.covered]
    }

    /// The order of the output: lengths of the pieces, those of standard error negative, those of the drawing
    /// larger than any length.
    pub fn order(&self) -> Vec<i64> {
        let mut before = self.base;
        let mut order = Vec::new();
        for piece in &self.pieces {
            let length = i64::try_from(piece.end - before).unwrap_or(i64::MAX);
            match piece.kind {
                Kind::Output(OutputStream::Stdout, _) => order.push(length),
                Kind::Output(OutputStream::Stderr, _) => order.push(-length),
                Kind::Output(OutputStream::Drawing, _) => order.push(length + DRAWN),
                Kind::Queued(_) | Kind::Started => {}
            }
            before = piece.end;
        }
        order
    }

    /// Makes a piece of what is gathered of a stream, or lengthens the last one.
    fn cover(&mut self, stream: OutputStream, now: Timestamp) {
        let end = self.end();
        let output = self.output_mut(stream);
        let (begin, length) = (output.covered, output.bytes.len() - output.covered);
        if length == 0 {
            return;
        }
        output.covered = output.bytes.len();
        let end = end + length as u64;
        match self.pieces.last_mut() {
            Some(Piece {
                end: last,
                kind: Kind::Output(same, _),
                ..
            }) if *same == stream => *last = end,
            _ => self.pieces.push(Piece {
                end,
                time: now,
                kind: Kind::Output(stream, begin),
            }),
        }
    }

    fn output(&self, stream: OutputStream) -> &Output {
        match stream {
            OutputStream::Stdout => &self.stdout,
            OutputStream::Stderr => &self.stderr,
            OutputStream::Drawing => &self.drawing,
        }
    }

    fn output_mut(&mut self, stream: OutputStream) -> &mut Output {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
            OutputStream::Drawing => &mut self.drawing,
        }
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
