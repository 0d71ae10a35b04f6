//! What members of requests about apps may be: each type is read, checked and documented by itself.

mod choice;
mod graph;

use gatewright_domain::text::visible_name;
use gatewright_http_kit::{holds, input::text::Limited};
use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

pub use choice::{IconKind, ListMode, NewMode, ProgramMode, SortBy, SourceMode, TokenStrategy};
pub use graph::{JsonList, JsonObject};

/// A text of so many characters, control characters included, but without NUL.
fn text(text: Limited, least: usize, most: usize) -> Result<String, String> {
    let text = text.without_nul()?;
    let chars = text.chars().count();
    if chars < least {
        return Err(format!("should have at least {least} character"));
    }
    if chars > most {
        return Err(format!("should have at most {most} characters"));
    }
    Ok(text)
}

/// The same, as people see it: without what is invisible and without blanks around it.
fn seen(name: Limited, least: usize, most: usize) -> Result<String, String> {
    let name = visible_name(&text(name, 0, most)?);
    if name.chars().count() < least {
        return Err(format!("should have at least {least} character"));
    }
    Ok(name)
}

macro_rules! texts {
    ($read:ident: $($(#[$doc:meta])* $name:ident: $least:tt to $most:tt;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, ToSchema)]
        #[serde(try_from = "Limited")]
        #[schema(value_type = String, min_length = $least, max_length = $most)]
        pub struct $name(String);

        impl TryFrom<Limited> for $name {
            type Error = String;

            fn try_from(limited: Limited) -> Result<Self, String> {
                $read(limited, $least, $most).map(Self)
            }
        }

        holds! { $name: String, seen as str; }
    )+};
}

texts! { seen:
    /// The name of an app.
    AppName: 1 to 255;
}

texts! { text:
    /// What an app is for.
    AppDescription: 0 to 400;
    /// An icon: a character, the id of a file or an address; or a colour.
    IconText: 0 to 255;
    /// A line of a site.
    SiteLine: 0 to 255;
    /// A longer text of a site.
    SiteText: 0 to 4096;
    /// What people call a version.
    MarkedName: 0 to 20;
    /// What people say of a version.
    MarkedComment: 0 to 100;
    /// A part of a name to look for; the first 30 characters count.
    NamePart: 0 to 4096;
    /// The address of a file.
    FileUrl: 0 to 4096;
    /// The name of a tag.
    TagLabelPart: 0 to 100;
}

impl NamePart {
    /// What is looked for; none: everything.
    pub fn wanted(self) -> Option<String> {
        const COUNTED: usize = 30;
        let part: String = self.0.chars().take(COUNTED).collect();
        (!part.is_empty()).then_some(part)
    }
}

/// The text of an app file. How large it may be is a rule of the format.
#[derive(Debug, Clone)]
pub struct FileText(String);

impl<'de> Deserialize<'de> for FileText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl PartialSchema for FileText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("YAML, at most 10 MiB."))
            .into()
    }
}

impl ToSchema for FileText {}

holds! { FileText: String, seen as str; }
