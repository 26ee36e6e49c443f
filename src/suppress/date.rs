//! A day of the calendar.
//!
//! In: `2026-12-31`, or seconds since 1970. Out: days that can be compared. Knows no time zone: a day is one of UTC.

use std::fmt;

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; nothing for anything else, or for a day that does not exist.
    pub fn parse(text: &str) -> Option<Date> {
        let digits = |text: &str, length: usize| {
            (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse::<u16>().ok())?
        };
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let last = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok().filter(|day| (1..=last).contains(day))?);
        Some(Date { year, month, day })
    }

    /// The day of UTC on which these seconds since 1970 fall.
    pub fn of_seconds(seconds: u64) -> Date {
        // Days to a date, by <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
        let days = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
        Date { year: u16::try_from(year).unwrap_or(u16::MAX), month: small(month), day: small(day) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_counted() {
        let of = |seconds: u64| Date::of_seconds(seconds).to_string();
        assert_eq!(of(0), "1970-01-01");
        assert_eq!(of(951_782_400), "2000-02-29");
        assert_eq!(of(1_798_761_599), "2026-12-31");
        assert_eq!(of(1_798_761_600), "2027-01-01");
        assert_eq!(Date::parse("2026-12-31").map(|date| date.to_string()).as_deref(), Some("2026-12-31"));
        assert!(Date::parse("2026-12-31") < Date::parse("2027-01-01"));
        for text in
            ["2026-02-29", "2026-13-01", "2026-1-1", "2026-12-31T00:00", "26-12-31", "", "2026-00-10", "+026-01-01"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
