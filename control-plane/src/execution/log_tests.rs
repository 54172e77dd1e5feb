//! Reading a log from any place gives what was written.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const MIB: usize = 1024 * 1024;
use OutputStream::{Drawing, Stderr, Stdout};

/// All events behind a place.
fn read_all(log: &Log, mut after: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(entry) = log.read(after) {
        assert!(entry.sequence > after);
        after = entry.sequence;
        entries.push(entry);
    }
    entries
}

fn output(entries: &[Entry], wanted: OutputStream) -> Vec<u8> {
    let of_stream = entries.iter().filter_map(|entry| match &entry.event {
        Event::Output(stream, data) if *stream == wanted => Some(data.clone()),
        _ => None,
    });
    of_stream.flatten().collect()
}

#[test]
fn events_come_in_order() {
    let mut log = Log::new(1, MIB);
    log.start(NOW);
    log.write(Stdout, b"ab", NOW);
    log.write(Stdout, b"c", NOW);
    log.write(Stderr, b"d", NOW);
    let base = 1 << 32;
    let events: Vec<_> = read_all(&log, 0)
        .into_iter()
        .map(|entry| (entry.sequence - base, entry.event))
        .collect();
    assert_eq!(
        events,
        [
            (1, Event::Started),
            (4, Event::Output(Stdout, b"abc".into())),
            (5, Event::Output(Stderr, b"d".into())),
        ]
    );
    assert_eq!(
        log.read(base + 2).unwrap().event,
        Event::Output(Stdout, b"bc".into())
    );
    assert_eq!(log.read(base + 5), None);
    assert_eq!(log.read(base + 500), None);
}

#[test]
fn only_the_last_place_in_the_queue_is_kept() {
    let mut log = Log::new(0, MIB);
    let position = |position| QueuePosition {
        position,
        estimated_wait: Duration::ZERO,
    };
    for place in [3, 2, 1] {
        log.queue(position(place), NOW);
    }
    assert_eq!(read_all(&log, 0).len(), 1);
    assert_eq!(log.read(2).unwrap().event, Event::Queued(position(1)));
    assert_eq!(log.end(), 3);
}

#[test]
fn output_over_the_limit_is_dropped() {
    let mut log = Log::new(1, 5);
    log.write(Stdout, b"1234567", NOW);
    log.write(Stdout, b"89", NOW);
    log.write(Stderr, b"x", NOW);
    assert_eq!(
        (log.written(Stdout), log.written(Stderr)),
        (&b"12345"[..], &b"x"[..])
    );
}

#[test]
fn a_byte_by_byte_program_takes_bounded_memory() {
    let mut log = Log::new(1, MIB);
    for _ in 0..MIB {
        log.write(Stdout, b"o", NOW);
        log.write(Stderr, b"e", NOW);
    }
    log.finish(NOW);
    assert!(log.pieces.len() <= MAX_PIECES + 2 * MIB / GATHERED_BYTES + 2);
    assert_eq!(output(&read_all(&log, 0), Stdout), vec![b'o'; MIB]);
    assert_eq!(output(&read_all(&log, 0), Stderr), vec![b'e'; MIB]);
}

#[test]
fn a_new_attempt_starts_anew_for_old_watchers() {
    let mut log = Log::new(2, MIB);
    assert_eq!(log.read((1 << 32) + 77), None);
    log.start(NOW);
    assert_eq!(log.read((1 << 32) + 77).unwrap().event, Event::Started);
}

fn stream() -> impl Strategy<Value = OutputStream> {
    prop_oneof![Just(Stdout), Just(Stderr), Just(Drawing)]
}

fn writes() -> impl Strategy<Value = Vec<(OutputStream, Vec<u8>)>> {
    prop::collection::vec((stream(), prop::collection::vec(any::<u8>(), 0..40)), 0..60)
}

proptest! {
    #[test]
    fn a_watcher_that_comes_back_anywhere_misses_nothing(writes in writes(), cut in 0usize..3000) {
        let mut log = Log::new(3, MIB);
        log.start(NOW);
        let mut all = Vec::new();
        for (stream, data) in &writes {
            log.write(*stream, data, NOW);
            all.extend(data.iter().map(|byte| (*stream, *byte)));
        }
        let cut = cut.min(all.len());
        let after = (3u64 << 32) + 1 + cut as u64;
        let rest: Vec<_> = read_all(&log, after)
            .into_iter()
            .flat_map(|entry| match entry.event {
                Event::Output(stream, data) => data.into_iter().map(move |byte| (stream, byte)).collect(),
                _ => Vec::new(),
            })
            .collect();
        prop_assert_eq!(rest, all[cut..].to_vec());
    }

    #[test]
    fn a_stored_log_reads_the_same(writes in writes(), after in 0u64..1000) {
        let mut log = Log::new(3, MIB);
        log.start(NOW);
        for (stream, data) in &writes {
            log.write(*stream, data, NOW);
        }
        let written = Written {
            stdout: log.written(Stdout),
            stderr: log.written(Stderr),
            drawing: log.written(Drawing),
        };
        let stored = Log::restore(3, Some(NOW), written, &log.order());
        prop_assert_eq!(stored.end(), log.end());
        let after = (3 << 32) + after;
        prop_assert_eq!(read_all(&stored, after), read_all(&log, after));
    }

    #[test]
    fn any_stored_order_is_read_without_a_crash(
        order: Vec<i64>, stdout: Vec<u8>, stderr: Vec<u8>, drawing: Vec<u8>,
    ) {
        let written = Written { stdout: &stdout, stderr: &stderr, drawing: &drawing };
        let log = Log::restore(1, Some(NOW), written, &order);
        read_all(&log, 0);
    }
}
