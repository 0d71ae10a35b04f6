//! XML as a flow of tokens. Entities that a document declares are never looked up: those of XML itself are put in, others left out.

use std::borrow::Cow;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use crate::{error::ExtractError, writer::Writer};

/// A piece of XML. An empty element opens and closes.
pub(crate) enum Token<'a> {
    Open(Element<'a>),
    /// By its local name.
    Close(&'a str),
    Text(Cow<'a, str>),
}

/// An element that opens.
pub(crate) struct Element<'a>(&'a BytesStart<'a>);

impl Element<'_> {
    /// Its name without a prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The attribute of a local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.find(|prefix, local| prefix.is_none() && local == name)
            .or_else(|| self.find(|_, local| local == name))
    }

    /// The id of a relation: `r:id`, under whatever prefix.
    pub(crate) fn relation(&self) -> Option<String> {
        self.find(|prefix, local| prefix.is_some() && local == "id")
    }

    fn find(&self, is_it: impl Fn(Option<&str>, &str) -> bool) -> Option<String> {
        let found = self
            .0
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| {
                let (local, prefix) = attribute.key.decompose();
                let prefix = prefix.map(quick_xml::name::Prefix::into_inner);
                is_it(prefix, local.into_inner())
            });
        let value = found?.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }
}

/// Reads a part of a document of this kind.
///
/// # Errors
/// When it is no XML, is nested too deeply, or the taker refuses.
pub(crate) fn read(
    kind: &str,
    xml: &str,
    writer: &mut Writer<'_>,
    mut take: impl FnMut(&mut Writer<'_>, Token<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event();
        match event.map_err(|error| ExtractError::broken(kind, error))? {
            Event::Start(start) => {
                depth += 1;
                if depth > writer.limits.depth {
                    return Err(ExtractError::too_large(
                        "nested elements",
                        writer.limits.depth,
                    ));
                }
                take(writer, Token::Open(Element(&start)))?;
            }
            Event::Empty(start) => {
                take(writer, Token::Open(Element(&start)))?;
                take(writer, Token::Close(start.local_name().into_inner()))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                take(writer, Token::Close(end.local_name().into_inner()))?;
            }
            Event::Text(text) => take(writer, Token::Text(text.xml10_content()))?,
            Event::CData(text) => take(writer, Token::Text(text.xml10_content()))?,
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().ok().flatten();
                let text = match character {
                    Some(character) => Cow::Owned(character.to_string()),
                    None => Cow::Borrowed(resolve_predefined_entity(&name).unwrap_or_default()),
                };
                take(writer, Token::Text(text))?;
            }
            // A document that ends within its elements is cut off.
            Event::Eof if depth > 0 => {
                return Err(ExtractError::broken(kind, "it ends in the middle"));
            }
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}
