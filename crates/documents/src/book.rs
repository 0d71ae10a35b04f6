//! EPUB: the chapters in the order in which they are read, each as a page.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::{
    error::ExtractError,
    html,
    package::{Package, join},
    writer::Writer,
    xml::{self, Token},
};

const KIND: &str = "EPUB";

pub(crate) fn read(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let mut package = Package::open(KIND, bytes, writer)?;
    let root = root_file(&mut package, writer)?;
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let text = package.part(&root)?;
    for chapter in chapters(&text, writer)? {
        let name = join(folder, &unescaped(&chapter));
        let Some(chapter) = package.optional_part(&name)? else {
            continue;
        };
        let text = html::to_markdown(&chapter, writer)?;
        if !text.trim().is_empty() {
            writer.page(None)?;
            writer.text(text)?;
        }
    }
    Ok(())
}

/// The part that lists all others.
fn root_file(package: &mut Package<'_>, writer: &mut Writer<'_>) -> Result<String, ExtractError> {
    let container = package.part("META-INF/container.xml")?;
    let mut root = None;
    xml::read(KIND, &container, writer, |_, token| {
        if let Token::Open(element) = token
            && element.name() == "rootfile"
            && root.is_none()
        {
            root = element.attribute("full-path");
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| ExtractError::broken(KIND, "it names no document"))?;
    Ok(join("", &root))
}

/// The addresses of the chapters, in their order, each once: a spine that repeats one is no reason to read it again.
fn chapters(text: &str, writer: &mut Writer<'_>) -> Result<Vec<String>, ExtractError> {
    let mut files = HashMap::new();
    let mut order = Vec::new();
    xml::read(KIND, text, writer, |_, token| {
        let Token::Open(element) = token else {
            return Ok(());
        };
        match element.name() {
            "item" => {
                if let (Some(id), Some(file)) = (element.attribute("id"), element.attribute("href"))
                {
                    files.insert(id, file);
                }
            }
            "itemref" => order.extend(element.attribute("idref")),
            _ => {}
        }
        Ok(())
    })?;
    Ok(order.iter().filter_map(|id| files.remove(id)).collect())
}

/// A part of a URL as a name: `%20` is a blank there.
fn unescaped(name: &str) -> String {
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn name_in_a_url_is_read_as_it_is_meant() {
        for (written, meant) in [
            ("a%20b.xhtml", "a b.xhtml"),
            ("%E7%AB%A0.html", "章.html"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%+4", "%+4"),
        ] {
            assert_eq!(unescaped(written), meant);
        }
    }
}
