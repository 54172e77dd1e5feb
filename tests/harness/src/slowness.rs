//! How much slower than usual this machine is. On an emulated processor everything takes longer, so limits of time
//! and patience are multiplied there; what is expected stays the same.

use std::sync::LazyLock;
use std::time::Duration;

/// Names the factor, a whole number of 1 to 19: no CPU limit of a server may be over 600 seconds. 1 when not set.
pub const VARIABLE: &str = "CODERUNNER_SLOWNESS";

static FACTOR: LazyLock<u32> =
    LazyLock::new(|| parse(std::env::var(VARIABLE).ok().as_deref()).expect("a factor of 1 to 19"));

/// The factor.
///
/// # Panics
/// When the variable holds something else.
pub fn factor() -> u32 {
    *FACTOR
}

/// So long here.
pub fn scaled(duration: Duration) -> Duration {
    duration * factor()
}

fn parse(text: Option<&str>) -> Result<u32, String> {
    match text.map(str::parse) {
        None => Ok(1),
        Some(Ok(factor @ 1..=19)) => Ok(factor),
        Some(_) => Err(format!("{VARIABLE} is {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sensible_factor_is_one() {
        assert_eq!(parse(None), Ok(1));
        assert_eq!(parse(Some("15")), Ok(15));
        for text in ["", "0", "20", "fast", "-1", "1.5"] {
            assert!(parse(Some(text)).is_err(), "{text}");
        }
    }
}
