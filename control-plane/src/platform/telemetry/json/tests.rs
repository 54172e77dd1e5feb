//! The lines say the same as those of `tracing_subscriber`.

use std::io;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Kept {
    /// The lines, without their times.
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let lines = std::str::from_utf8(&bytes).unwrap().lines();
        let read = |line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            time.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            line
        };
        lines.map(read).collect()
    }
}

/// What both write of the same events.
fn both(events: impl Fn()) -> [Vec<Value>; 2] {
    let (ours, theirs) = (Kept::default(), Kept::default());
    let our_layer = layer()
        .fmt_fields(Members)
        .event_format(Line)
        .with_writer(ours.clone());
    let their_layer = layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .with_writer(theirs.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(our_layer), &events);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(their_layer), &events);
    [ours.lines(), theirs.lines()]
}

#[test]
fn every_kind_of_field_is_written() {
    let [ours, theirs] = both(|| {
        tracing::info!("alone");
        tracing::warn!(count = 7, less = -7, truth = true, part = 0.5, "numbers");
        tracing::error!(error = %"it \"broke\"\n\\ \u{1} \u{7f} é \u{1F40D}", r#type = ?Some("a\tb"));
        let outer = tracing::info_span!("outer", method = "/a/b", user = tracing::field::Empty);
        let _outer = outer.enter();
        tracing::debug!("before it is known");
        outer.record("user", tracing::field::display("ada \"the first\""));
        let inner = tracing::info_span!("inner", number = 3);
        inner.in_scope(|| tracing::info!(code = ?"Ok", "in both"));
        tracing::info_span!("empty").in_scope(|| tracing::info!("in an empty one"));
    });
    assert_eq!(ours.len(), 6);
    assert_eq!(ours, theirs);
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(value in ".*", other in any::<String>()) {
        let [ours, _] = both(|| {
            let span = tracing::info_span!("span", value);
            span.in_scope(|| tracing::info!(other = %other, "{value}"));
        });
        prop_assert_eq!(ours[0]["message"].as_str(), Some(value.as_str()));
        prop_assert_eq!(ours[0]["other"].as_str(), Some(other.as_str()));
        prop_assert_eq!(ours[0]["spans"][0]["value"].as_str(), Some(value.as_str()));
    }
}
