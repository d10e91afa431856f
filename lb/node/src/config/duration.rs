//! Durations as people write them: `1500ms`, `2s`, `5m`, `1h`, `1d`.

use std::time::Duration;

/// Units with their milliseconds, largest first; `ms` stands before `m` and `s`, whose letters it ends or begins with.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// Reads a duration: a whole number and its unit.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn parse(text: &str) -> Result<Duration, String> {
    let fault = || {
        format!(
            "\"{text}\" is not a duration; write a whole number with a unit, such as \"1500ms\", \"2s\", \"5m\" or \"1h\""
        )
    };
    let (number, millis) = UNITS
        .into_iter()
        .find_map(|(unit, millis)| text.strip_suffix(unit).map(|number| (number.trim_end(), millis)))
        .ok_or_else(fault)?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fault());
    }
    let number: u64 = number.parse().map_err(|_| fault())?;
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(fault)
}

/// A duration in the largest unit that it is a whole number of; as the reader takes it.
pub(super) fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    let mut units = UNITS;
    units.sort_by_key(|&(_, size)| std::cmp::Reverse(size));
    let whole = |size: u64| millis >= u128::from(size) && millis.checked_rem(u128::from(size)) == Some(0);
    let (unit, size) = units.into_iter().find(|&(_, size)| whole(size)).unwrap_or(("s", 1_000));
    format!("{}{unit}", millis / u128::from(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in
            [("1500ms", 1_500), ("2s", 2_000), ("30 s", 30_000), ("5m", 300_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "s",
            "2",
            "-2s",
            "+2s",
            "1.5s",
            "2 seconds",
            "2S",
            "99999999999999999999s",
            "9999999999999999d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_duration_reads_back(millis in 0_u64..1 << 40) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }
}
