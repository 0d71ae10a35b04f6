//! Which encoding a text is in: what its first bytes say, UTF-8 where it is valid, what the file claims, and else a guess that knows
//! Chinese, Japanese, Korean and European ones.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::error::ExtractError;

/// Bytes are no text in any encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no text")]
pub struct NotText;

impl From<NotText> for ExtractError {
    fn from(error: NotText) -> Self {
        Self::broken("the file", error)
    }
}

/// The text that bytes are, without a byte-order mark; `claimed` is the label of an encoding that the file names.
///
/// # Errors
/// When they are no text.
pub fn decode(bytes: &[u8], claimed: Option<&str>) -> Result<String, NotText> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if text.contains('\0') {
            Err(NotText)
        } else {
            Ok(text.into_owned())
        };
    }
    if bytes.contains(&0) {
        return unmarked_utf16(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        // Cut within a character: still UTF-8.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        }
        Err(_) => {}
    }
    let encoding = claimed
        .and_then(|label| Encoding::for_label(label.trim().as_bytes()))
        .filter(|encoding| *encoding != encoding_rs::UTF_8 && !is_utf16(encoding))
        .unwrap_or_else(|| guess(bytes));
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Ok(text.into_owned())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// European text in UTF-16 has a zero in every second byte; anything else with zeros is no text.
fn unmarked_utf16(bytes: &[u8]) -> Result<String, NotText> {
    let zeros = |offset: usize| {
        bytes
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = if odd * 5 > bytes.len() && even == 0 {
        UTF_16LE
    } else if even * 5 > bytes.len() && odd == 0 {
        UTF_16BE
    } else {
        return Err(NotText);
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1252};

    use super::*;

    #[test]
    fn encoding_is_found_by_mark_validity_claim_or_guess() {
        let chinese = "这是一个用国标编码保存的文本文件，用来检查编码检测。";
        let utf16 = |text: &str, encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(encode).collect()
        };
        let with = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for (bytes, claimed, text) in [
            (chinese.as_bytes().to_vec(), None, chinese),
            (with(b"\xEF\xBB\xBF", chinese.as_bytes()), None, chinese),
            (GBK.encode(chinese).0.to_vec(), None, chinese),
            (
                with(b"\xFF\xFE", &utf16(chinese, u16::to_le_bytes)),
                None,
                chinese,
            ),
            (
                with(b"\xFE\xFF", &utf16(chinese, u16::to_be_bytes)),
                None,
                chinese,
            ),
            (utf16("plain text", u16::to_le_bytes), None, "plain text"),
            (utf16("plain text", u16::to_be_bytes), None, "plain text"),
            (
                BIG5.encode("這是一個用大五碼保存的文件").0.to_vec(),
                None,
                "這是一個用大五碼保存的文件",
            ),
            (
                SHIFT_JIS.encode("これは日本語の文章です。").0.to_vec(),
                None,
                "これは日本語の文章です。",
            ),
            (
                EUC_KR.encode("이것은 한국어 문장입니다.").0.to_vec(),
                None,
                "이것은 한국어 문장입니다.",
            ),
            (
                WINDOWS_1252
                    .encode("Café crème brûlée à la carte")
                    .0
                    .to_vec(),
                None,
                "Café crème brûlée à la carte",
            ),
            (GBK.encode("中").0.to_vec(), Some("gb2312"), "中"),
            // A claim that is wrong does no harm to what is valid.
            ("中".as_bytes().to_vec(), Some("gb2312"), "中"),
            ("中文".as_bytes()[..5].to_vec(), None, "中\u{FFFD}"),
            (Vec::new(), None, ""),
        ] {
            assert_eq!(decode(&bytes, claimed).unwrap(), text, "{bytes:x?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for bytes in [
            &b"MZ\x90\0\x03\0\0\0\x04"[..],
            b"\0\0\0\0",
            b"text\0",
            b"\xFF\xFEa\0\0\0",
        ] {
            assert_eq!(decode(bytes, None), Err(NotText));
        }
    }
}
