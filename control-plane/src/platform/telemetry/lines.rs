//! Where the lines of the log go: together, and not by a call of the kernel for each, which costs
//! as much as a tenth of a short call of the API.
//!
//! A line that warns is written at once, with those before it. Others wait for a tenth of a second
//! at most, or until many are there. None is dropped: whoever has filled the buffer writes it.
//! What is lost is the last tenth of a second of a process that is killed.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

const WAIT: Duration = Duration::from_millis(100);
/// Bytes that are written without waiting.
const MANY: usize = 64 * 1024;

/// Writes lines to `W`.
pub struct Lines<W>(Arc<Shared<W>>);

/// Writes what waits when it is dropped.
#[must_use = "the last lines are written when it is dropped"]
pub struct LastLines<W: Write>(Arc<Shared<W>>);

/// What one line is written to.
pub struct Entry<'a, W> {
    shared: &'a Shared<W>,
    is_urgent: bool,
}

struct Shared<W> {
    waiting: Mutex<Vec<u8>>,
    /// There is something that waits.
    some: Condvar,
    /// Locked before `waiting`, so that lines stay in their order.
    out: Mutex<W>,
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Writes to `out` from now on, until the process ends.
    pub fn to(out: W) -> io::Result<(Self, LastLines<W>)> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            some: Condvar::new(),
            out: Mutex::new(out),
        });
        let theirs = shared.clone();
        thread::Builder::new()
            .name("log".into())
            .spawn(move || theirs.write_for_ever())?;
        Ok((Self(shared.clone()), LastLines(shared)))
    }
}

impl<W: Write> Shared<W> {
    fn write_for_ever(&self) {
        loop {
            let waiting = lock(&self.waiting);
            let waiting = self.some.wait_while(waiting, |bytes| bytes.is_empty());
            drop(waiting.unwrap_or_else(PoisonError::into_inner));
            thread::sleep(WAIT);
            self.write();
        }
    }

    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = lock(&self.waiting);
        let is_first = waiting.is_empty();
        waiting.extend_from_slice(line);
        let now = is_urgent || waiting.len() >= MANY;
        drop(waiting);
        if now {
            self.write();
        } else if is_first {
            self.some.notify_one();
        }
    }

    /// Writes what waits. There is nobody to tell that it fails.
    fn write(&self) {
        let mut out = lock(&self.out);
        let lines = std::mem::take(&mut *lock(&self.waiting));
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }
}

impl<W: Write> Drop for LastLines<W> {
    fn drop(&mut self) {
        self.0.write();
    }
}

impl<W: Write> Write for Entry<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.add(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + 'static> MakeWriter<'a> for Lines<W> {
    type Writer = Entry<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Entry {
            shared: &self.0,
            is_urgent: false,
        }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        Entry {
            shared: &self.0,
            is_urgent: *event.level() <= Level::WARN,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Counts how often it is written to.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (text, writes) = &mut *self.0.lock().unwrap();
            text.extend_from_slice(bytes);
            *writes += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
        }

        fn until(&self, wanted: impl Fn(&str) -> bool) {
            let begin = Instant::now();
            while !wanted(&self.text()) {
                assert!(begin.elapsed() < Duration::from_secs(20), "{}", self.text());
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn log(lines: Lines<Kept>, events: impl FnOnce()) {
        let layer = layer()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(lines);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
    }

    #[test]
    fn lines_come_by_themselves_and_a_warning_at_once() {
        let kept = Kept::default();
        let (lines, last) = Lines::to(kept.clone()).unwrap();
        log(lines, || {
            tracing::info!("one");
            tracing::info!("two");
            kept.until(|text| text.ends_with("two\n"));
            tracing::info!("three");
            tracing::warn!("four");
            assert!(
                kept.text().ends_with("three\n WARN four\n"),
                "{}",
                kept.text()
            );
            tracing::info!("five");
        });
        drop(last);
        assert!(kept.text().ends_with(" INFO five\n"), "{}", kept.text());
    }

    #[test]
    fn no_line_is_lost_or_torn_however_many_come_at_once() {
        let kept = Kept::default();
        let (lines, last) = Lines::to(kept.clone()).unwrap();
        thread::scope(|scope| {
            for thread in 0..4 {
                let lines = &lines;
                scope.spawn(move || {
                    for number in 0..20_000 {
                        let line = format!("{thread} {number}\n");
                        lines.make_writer().write_all(line.as_bytes()).unwrap();
                    }
                });
            }
        });
        drop(last);
        let mut next = [0; 4];
        for line in kept.text().lines() {
            let (thread, number) = line.split_once(' ').unwrap();
            let thread: usize = thread.parse().unwrap();
            assert_eq!(number.parse(), Ok(next[thread]), "in order");
            next[thread] += 1;
        }
        assert_eq!(next, [20_000; 4]);
        let writes = kept.0.lock().unwrap().1;
        assert!(writes < 2_000, "{writes} writes of 80,000 lines");
    }
}
