//! The well-known protobuf types for times, durations and update masks.

use std::time::Duration;

use jiff::Timestamp;

use super::errors::Error;

/// More paths than any of our messages has fields that can be changed.
const MOST_PATHS: usize = 16;

/// A time on the wire.
pub fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let mut seconds = time.as_second();
    let mut nanos = time.subsec_nanosecond();
    // Protobuf counts the fraction forward, also before 1970.
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A duration on the wire. Those of ours are far below the ends of its range.
pub fn duration(duration: Duration) -> prost_types::Duration {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(duration.subsec_nanos()).unwrap_or(0);
    prost_types::Duration { seconds, nanos }
}

/// The paths of an update mask, each of which costs the caller no more than two bytes.
///
/// # Errors
/// INVALID_ARGUMENT when there are more than 16.
pub fn mask_in(mask: Option<&prost_types::FieldMask>) -> Result<&[String], Error> {
    let paths = mask.map_or(&[][..], |mask| &mask.paths);
    if paths.len() > MOST_PATHS {
        return Err(Error::invalid("update_mask", "may hold at most 16 paths."));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_count_forward() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:01.5Z", 1, 500_000_000),
            ("1969-12-31T23:59:58.5Z", -2, 500_000_000),
            ("1969-12-31T23:59:58Z", -2, 0),
        ] {
            let time = timestamp(text.parse().unwrap());
            assert_eq!((time.seconds, time.nanos), (seconds, nanos), "{text}");
        }
    }
}
