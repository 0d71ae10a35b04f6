//! What a cell shows, as text.

use calamine::{Data, DataRef, ExcelDateTime};

/// A number that is whole has no decimals; a date is `2024-05-01 12:30:00`, as Dify writes it.
pub(super) fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "True".to_owned(),
        DataRef::Bool(false) => "False".to_owned(),
        DataRef::DateTime(time) => time_text(time),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// The same of an old workbook's cell.
pub(super) fn old_text(value: &Data) -> String {
    match value {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(true) => "True".to_owned(),
        Data::Bool(false) => "False".to_owned(),
        Data::DateTime(time) => time_text(time),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

fn number_text(number: f64) -> String {
    // Up to here every whole number is exact.
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

fn time_text(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    if time.is_duration() {
        // Hours go on beyond a day; anything else is no length of time that people write.
        let seconds = (time.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3600.0).floor(), seconds.rem_euclid(3600.0));
        return format!(
            "{hours:.0}:{:02.0}:{:02.0}",
            (rest / 60.0).floor(),
            rest % 60.0
        );
    }
    if time.as_f64() < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    #[test]
    fn cell_reads_as_people_see_it() {
        let time = |value, kind| DataRef::DateTime(ExcelDateTime::new(value, kind, false));
        let date = ExcelDateTimeType::DateTime;
        for (value, shown) in [
            (DataRef::Float(36.0), "36"),
            (DataRef::Float(-12.5), "-12.5"),
            (DataRef::Float(1e16), "10000000000000000"),
            (DataRef::Int(7), "7"),
            (DataRef::Bool(true), "True"),
            (DataRef::SharedString("中文"), "中文"),
            (time(45_413.520_833_333_336, date), "2024-05-01 12:30:00"),
            (time(45_413.0, date), "2024-05-01 00:00:00"),
            (time(0.5, date), "12:00:00"),
            (time(1.25, ExcelDateTimeType::TimeDelta), "30:00:00"),
            (DataRef::Error(CellErrorType::Div0), "#DIV/0!"),
            (DataRef::Empty, ""),
        ] {
            assert_eq!(text(&value), shown);
            assert_eq!(old_text(&Data::from(value)), shown);
        }
    }
}
