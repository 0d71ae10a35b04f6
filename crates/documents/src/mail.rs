//! A mail as a file: who wrote whom about what and when, the text, and the names of what is attached.

use mail_parser::{Address, Message, MessageParser, MimeHeaders as _, PartType};

use crate::{error::ExtractError, html, writer::Writer};

pub(crate) fn read(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let broken = || ExtractError::broken("EML", "it is no mail");
    let message = MessageParser::default().parse(bytes).ok_or_else(broken)?;
    if message.headers().is_empty() {
        return Err(broken());
    }
    writer.page(None)?;
    let head = head(&message);
    if !head.is_empty() {
        writer.text(head + "\n")?;
    }
    for place in 0..message.text_body_count() {
        let part = u32::try_from(place)
            .ok()
            .and_then(|place| message.text_part(place));
        let text = match part.map(|part| &part.body) {
            Some(PartType::Text(text)) => text.replace("\r\n", "\n"),
            Some(PartType::Html(page)) => html::to_markdown(page, writer)?,
            _ => continue,
        };
        writer.text(text.trim_end().to_owned())?;
    }
    for attachment in message.attachments() {
        if let Some(name) = attachment.attachment_name() {
            writer.text(format!("\nAttachment: {name}"))?;
        }
    }
    Ok(())
}

fn head(message: &Message<'_>) -> String {
    let lines = [
        ("Subject", message.subject().map(str::to_owned)),
        ("From", message.from().map(people)),
        ("To", message.to().map(people)),
        ("Cc", message.cc().map(people)),
        (
            "Date",
            message.date().map(mail_parser::DateTime::to_rfc3339),
        ),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value?)))
        .collect();
    lines.join("\n")
}

fn people(addresses: &Address<'_>) -> String {
    let person = |address: &mail_parser::Addr<'_>| {
        let mail = address.address().unwrap_or_default();
        match address.name() {
            Some(name) => format!("{name} <{mail}>"),
            None => mail.to_owned(),
        }
    };
    addresses.iter().map(person).collect::<Vec<_>>().join(", ")
}
