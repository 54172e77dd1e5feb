//! The files that a program left: read from the sandbox's collector when every process of the sandbox is dead,
//! compared with what was sent, and passed on. All of it is hostile bytes, and so is their length: what comes
//! is read up to a limit and for a limited time, and then taken apart.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use coderunner_proto::common::v1::{LeftOut, LeftOutReason};
use coderunner_proto::sandbox::v1::{CollectedFiles, File as FileMessage, execute_response::Event};
use sandboxd_sandbox::collection::{self, Bounds, Collection, File, Order, Reason, Tally};
use sandboxd_sandbox::collector::LONGEST_LIFE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time;

use crate::media_type::media_type;
use crate::output::PIECE;
use crate::pool::Tenancy;

/// How long the launcher may take to keep them.
const KEEP_PATIENCE: Duration = Duration::from_secs(2);
/// How long files may take to come; their collector lives shorter.
const PATIENCE: Duration = Duration::from_secs(LONGEST_LIFE as u64 + 2);

/// Which files are to come back.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How much.
    pub bounds: Bounds,
    /// Path and content of what the working directory has at the start; a file that is still the same does
    /// not come back.
    pub sent: Vec<(String, Vec<u8>)>,
}

impl Wanted {
    /// What the collector is asked for.
    pub fn order(&self) -> Order {
        let known = self.sent.iter();
        Order {
            bounds: self.bounds,
            known: known
                .map(|(path, content)| (path.clone(), content.len() as u64))
                .collect(),
        }
    }

    /// Takes apart all that a collector sent. Returns the files as events to be sent.
    pub fn take_apart(&self, bytes: &[u8]) -> (Vec<Event>, CollectedFiles) {
        let came = collection::parse(bytes, self.order().most());
        let incomplete = !came.complete;
        if incomplete {
            tracing::warn!(files = came.files.len(), "a collection of files broke off");
        }
        let (chosen, left_out) = self.choose(came);
        let mut summary = CollectedFiles {
            left_out: left_out.entries().map(left_out_message).collect(),
            incomplete,
            ..CollectedFiles::default()
        };
        let mut events = Vec::new();
        for file in chosen {
            summary.file_count += 1;
            summary.total_bytes += size(file.content.len());
            events.extend(pieces(file));
        }
        (events, summary)
    }

    /// What comes back of what came.
    fn choose<'a>(&self, came: Collection<'a>) -> (Vec<File<'a>>, Tally) {
        let Collection {
            files,
            mut left_out,
            ..
        } = came;
        let mut room = self.bounds;
        let mut chosen = Vec::new();
        for file in files.into_iter().filter(|file| !self.is_unchanged(file)) {
            match room.take(file.content.len() as u64) {
                Ok(()) => chosen.push(file),
                Err(reason) => left_out.note(reason, file.path),
            }
        }
        (chosen, left_out)
    }

    fn is_unchanged(&self, file: &File<'_>) -> bool {
        let mut sent = self.sent.iter();
        sent.any(|(path, content)| path == file.path && content == file.content)
    }
}

/// Files that were asked for.
#[derive(Debug)]
pub struct Files {
    wanted: Wanted,
    /// Where their collector will be; `None` when they could not be kept.
    collector: Option<OwnedFd>,
}

impl Files {
    /// Has the files of a sandbox kept. What fails is told when they are asked for: the run goes on without.
    pub async fn keep(wanted: Wanted, tenancy: &mut Tenancy) -> Self {
        let collector = match time::timeout(KEEP_PATIENCE, tenancy.keep()).await {
            Ok(Ok(collector)) => Some(collector),
            Ok(Err(error)) => {
                tracing::error!(%error, "the files of a run can't be kept");
                None
            }
            Err(_) => {
                tracing::error!("the launcher did not say in time that it keeps files");
                None
            }
        };
        Self { wanted, collector }
    }

    /// Reads them. To be called when the sandbox has ended. Returns them as events to be sent.
    pub async fn receive(self) -> (Vec<Event>, CollectedFiles) {
        let Self { wanted, collector } = self;
        let order = wanted.order();
        let mut bytes = Vec::new();
        if let Some(collector) = collector {
            // Late or broken: what has come counts, and that its end is missing.
            let _ = time::timeout(PATIENCE, ask(collector, &order, &mut bytes)).await;
        }
        wanted.take_apart(&bytes)
    }
}

/// Sends the order and reads all that comes; what is longer than it can be is cut, which shows.
async fn ask(collector: OwnedFd, order: &Order, bytes: &mut Vec<u8>) -> io::Result<()> {
    let collector = std::os::unix::net::UnixStream::from(collector);
    collector.set_nonblocking(true)?;
    let mut collector = UnixStream::from_std(collector)?;
    collector.write_all(&order.encode()).await?;
    let most = order.most().stream_bytes();
    collector.take(most).read_to_end(bytes).await?;
    Ok(())
}

fn pieces(file: File<'_>) -> Vec<Event> {
    let whole = FileMessage {
        path: file.path.to_owned(),
        media_type: media_type(file.path, file.content).to_owned(),
        size_bytes: size(file.content.len()),
        data: Vec::new(),
    };
    let mut pieces: Vec<&[u8]> = file.content.chunks(PIECE).collect();
    if pieces.is_empty() {
        pieces.push(b"");
    }
    let message = |piece: &[u8]| {
        Event::File(FileMessage {
            data: piece.to_vec(),
            ..whole.clone()
        })
    };
    pieces.into_iter().map(message).collect()
}

fn left_out_message((reason, count, path): (Reason, u32, &str)) -> LeftOut {
    let reason = match reason {
        Reason::TooMany => LeftOutReason::TooMany,
        Reason::TooLarge => LeftOutReason::TooLarge,
        Reason::NoRoom => LeftOutReason::NoRoom,
        Reason::NotAFile => LeftOutReason::NotAFile,
        Reason::BadName => LeftOutReason::BadName,
        Reason::SameFile => LeftOutReason::SameFile,
        Reason::Unreadable => LeftOutReason::Unreadable,
    };
    LeftOut {
        reason: reason.into(),
        count: i32::try_from(count).unwrap_or(i32::MAX),
        example_path: path.to_owned(),
    }
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandboxd_sandbox::collection::{write_end, write_file_header};
    use std::io::Write;

    fn wanted(sent: &[(&str, &[u8])]) -> Wanted {
        let sent = sent
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()));
        Wanted {
            bounds: Bounds {
                files: 2,
                file_bytes: 200_000,
                total_bytes: 200_000,
            },
            sent: sent.collect(),
        }
    }

    fn stream(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (path, content) in files {
            write_file_header(&mut bytes, path, content.len() as u64).expect("in memory");
            bytes.extend(*content);
        }
        write_end(&mut bytes, &Tally::default()).expect("in memory");
        bytes
    }

    async fn delivered(wanted: Wanted, stream: Vec<u8>) -> (Vec<FileMessage>, CollectedFiles) {
        let (daemon, mut collector) =
            std::os::unix::net::UnixStream::pair().expect("a socket pair");
        let expected = wanted.order();
        let writing = std::thread::spawn(move || {
            let order = Order::receive(&mut collector).expect("an order");
            assert_eq!(order, expected);
            // The reader may stop before the end.
            drop(collector.write_all(&stream));
        });
        let collector = Some(daemon.into());
        let (events, summary) = Files { wanted, collector }.receive().await;
        writing.join().expect("written");
        let message = |event| match event {
            Event::File(file) => file,
            other => panic!("{other:?}"),
        };
        (events.into_iter().map(message).collect(), summary)
    }

    #[tokio::test]
    async fn large_files_come_in_pieces_and_empty_ones_in_one() {
        let large = vec![7; PIECE * 2 + 1];
        let stream = stream(&[("a.bin", &large), ("b", b"")]);
        let (messages, summary) = delivered(wanted(&[]), stream).await;
        let sizes: Vec<_> = messages.iter().map(|file| file.data.len()).collect();
        assert_eq!(sizes, [PIECE, PIECE, 1, 0]);
        assert!(messages[..3].iter().all(|file| file.path == "a.bin"));
        assert_eq!(
            (summary.file_count, summary.total_bytes),
            (2, size(large.len()))
        );
        assert!(!summary.incomplete);
    }

    #[tokio::test]
    async fn what_did_not_change_stays_and_does_not_count() {
        let sent: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("main.py", b"x = 1")];
        let stream = stream(&[
            ("a", b"1"),
            ("b", b"3"),
            ("c", b"new"),
            ("d", b"one too many"),
            ("main.py", b"x = 1"),
        ]);
        let (messages, summary) = delivered(wanted(&sent), stream).await;
        let paths: Vec<_> = messages.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["b", "c"]);
        let [left_out] = &summary.left_out[..] else {
            panic!("{summary:?}")
        };
        assert_eq!(left_out.reason(), LeftOutReason::TooMany);
        assert_eq!((left_out.count, left_out.example_path.as_str()), (1, "d"));
    }

    #[tokio::test]
    async fn a_cut_stream_and_one_that_is_too_long_are_incomplete() {
        let whole = stream(&[("a", b"1"), ("b", b"2")]);
        let cut = whole[..10].to_vec();
        let (messages, summary) = delivered(wanted(&[]), cut).await;
        assert_eq!((messages.len(), summary.incomplete), (1, true));
        let endless = vec![b'F'; 10 << 20];
        let (messages, summary) = delivered(wanted(&[]), endless).await;
        assert_eq!((messages.len(), summary.incomplete), (0, true));
    }

    #[tokio::test]
    async fn files_that_could_not_be_kept_are_told() {
        let files = Files {
            wanted: wanted(&[]),
            collector: None,
        };
        let (_, summary) = files.receive().await;
        assert!(summary.incomplete && summary.file_count == 0);
    }
}
