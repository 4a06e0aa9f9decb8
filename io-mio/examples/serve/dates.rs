//! Dates as HTTP writes them (RFC 9110 5.6.7).

use bywash_mio::proto::vocabulary::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// Age at which the text is made anew.
const STALE: Duration = Duration::from_millis(250);

/// A point in time in the calendar.
struct Civil {
    days: u64,
    year: u64,
    month: usize,
    day: u64,
    second: u64,
}

impl Civil {
    /// Counts from March of the year 0, so that the leap day comes last.
    fn new(at: SystemTime) -> Self {
        let seconds = at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
            .min(253_402_300_799);
        let days = seconds / 86_400;
        let from_march = days + 719_468;
        let (era, day_of_era) = (from_march / 146_097, from_march % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12;
        Self {
            days,
            year: era * 400 + year_of_era + u64::from(month < 2),
            month: month as usize,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            second: seconds % 86_400,
        }
    }

    fn clock(&self) -> (u64, u64, u64) {
        (self.second / 3_600, self.second / 60 % 60, self.second % 60)
    }
}

/// For `date` and `last-modified`. Times before 1970 are read as its beginning.
pub(crate) fn http(at: SystemTime) -> String {
    let civil = Civil::new(at);
    let (hour, minute, second) = civil.clock();
    format!(
        "{}, {:02} {} {:04} {hour:02}:{minute:02}:{second:02} GMT",
        DAYS[(civil.days % 7) as usize],
        civil.day,
        MONTHS[civil.month],
        civil.year,
    )
}

/// For the log (RFC 3339).
pub(crate) fn log(at: SystemTime) -> String {
    let civil = Civil::new(at);
    let (hour, minute, second) = civil.clock();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        civil.year,
        civil.month + 1,
        civil.day,
    )
}

/// The date of now, made a few times per second.
pub(crate) struct Today {
    made: Option<Instant>,
    text: String,
}

impl Today {
    pub(crate) fn new() -> Self {
        Self {
            made: None,
            text: String::new(),
        }
    }

    /// The text for `date`; `now` is the loop's time.
    pub(crate) fn text(&mut self, now: Instant) -> &str {
        if self.made.is_none_or(|at| now.saturating_since(at) >= STALE) {
            self.made = Some(now);
            self.text = http(SystemTime::now());
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{http, log};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn dates_of_all_kinds() {
        for (seconds, text, logged) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (
                784_111_777,
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "1994-11-06T08:49:37Z",
            ),
            (
                951_782_400,
                "Tue, 29 Feb 2000 00:00:00 GMT",
                "2000-02-29T00:00:00Z",
            ),
            (
                1_735_689_599,
                "Tue, 31 Dec 2024 23:59:59 GMT",
                "2024-12-31T23:59:59Z",
            ),
            (
                4_107_542_400,
                "Mon, 01 Mar 2100 00:00:00 GMT",
                "2100-03-01T00:00:00Z",
            ),
        ] {
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(http(at), text);
            assert_eq!(log(at), logged);
        }
        assert!(http(UNIX_EPOCH - Duration::from_secs(1)).starts_with("Thu, 01 Jan 1970"));
    }
}
