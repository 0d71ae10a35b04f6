//! The colour that an app's owner chose, as a style sheet: the policy of the pages allows no style in them.

use actix_web::{HttpResponse, http::header, web::Path};

/// Where the style sheet of a colour is.
pub(crate) const PATH: &str = "/webapp/theme/{colour}.css";

/// The six digits of a colour, when a text is one: `#1C64F2`, `#fff`.
pub(crate) fn colour(text: &str) -> Option<String> {
    let digits = text.trim().strip_prefix('#')?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digits.len() {
        6 if is_hex => Some(digits.to_ascii_lowercase()),
        3 if is_hex => {
            let twice = digits.chars().flat_map(|digit| [digit, digit]);
            Some(twice.collect::<String>().to_ascii_lowercase())
        }
        _ => None,
    }
}

/// Answers with the style sheet of a colour.
pub(crate) async fn get(path: Path<String>) -> HttpResponse {
    let Some(colour) = colour(&format!("#{}", path.as_str())) else {
        return HttpResponse::NotFound().finish();
    };
    let on = text_on(&colour);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(format!(
            ":root {{ --theme: #{colour}; --on-theme: {on}; }}\n"
        ))
}

/// The colour of text on a colour: of black and white the one with more contrast, which is always at least 4.5 (WCAG 1.4.3).
fn text_on(colour: &str) -> &'static str {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap_or_default();
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
    if (luminance + 0.05) * (luminance + 0.05) > 0.05 * 1.05 {
        "#000"
    } else {
        "#fff"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_six_digits_or_none() {
        for (text, found) in [
            ("#1C64F2", Some("1c64f2")),
            (" #fA0 ", Some("ffaa00")),
            ("red", None),
            ("#12345", None),
            ("#12345g", None),
            ("#fff}body{", None),
            ("", None),
        ] {
            assert_eq!(colour(text).as_deref(), found, "{text}");
        }
    }

    #[test]
    fn text_on_a_colour_is_the_one_that_is_read_better() {
        assert_eq!(text_on("ffffff"), "#000");
        assert_eq!(text_on("000000"), "#fff");
        assert_eq!(text_on("1c64f2"), "#fff");
        assert_eq!(text_on("ffd000"), "#000");
    }
}
