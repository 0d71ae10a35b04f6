//! From a mail to subject, HTML and text. Everything that is put in is escaped in HTML; names are cut
//! and can be no links; a subject that uses a name is refused when it is read; what a template uses
//! without having been told is an error, not a gap.

use std::{collections::BTreeMap, path::Path};

use minijinja::{Environment, UndefinedBehavior, context};

use crate::{
    form_text::{FormText, one_line},
    free_text::defang,
    kind::{MailKind, MailLanguage, is_free_text},
};

/// What stands at the end of mails and in subjects.
const APPLICATION_TITLE: &str = "Dify";

const PARTS: [(&str, &str); 4] = [
    ("parts.html", include_str!("../templates/parts.html")),
    ("parts.txt", include_str!("../templates/parts.txt")),
    ("layout.html", include_str!("../templates/layout.html")),
    ("layout.txt", include_str!("../templates/layout.txt")),
];

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Base name, English, Chinese.
        const BUILT_IN: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../templates/en-US/", $name, ".jinja")),
            include_str!(concat!("../templates/zh-CN/", $name, ".jinja")),
        )),+];
    };
}

built_in!(
    "change_mail_completed_template",
    "change_mail_confirm_new_template",
    "change_mail_confirm_old_template",
    "change_mail_notice_template",
    "delete_account_code_email_template",
    "delete_account_success_template",
    "device_connected_template",
    "email_code_login_mail_template",
    "email_code_login_no_account_template",
    "first_password_template",
    "human_input_mail_template",
    "identity_connected_template",
    "identity_disconnected_template",
    "invite_member_mail_template",
    "password_changed_template",
    "register_email_template",
    "register_email_when_account_exist_template",
    "reset_password_mail_template",
    "reset_password_mail_when_account_not_exist_no_register_template",
    "reset_password_mail_when_account_not_exist_template",
    "test_mail_template",
    "transfer_workspace_new_owner_notify_template",
    "transfer_workspace_old_owner_notify_template",
    "transfer_workspace_owner_confirm_template",
);

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: one line, without a line break.
    pub subject: String,
    /// The same content as `text`.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// A template cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("mail template {name}: {problem}")]
pub struct TemplateError {
    name: String,
    problem: String,
}

impl TemplateError {
    fn new(name: &str, problem: impl ToString) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// The templates of all mails, compiled once.
pub struct Templates(Environment<'static>);

impl Templates {
    /// The built-in ones, and over them those of `folder` (`<folder>/en-US/<name>.jinja`).
    ///
    /// # Errors
    /// When one of them is no template. A missing one is the built-in one.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in PARTS {
            add(&mut environment, name, source.to_owned())?;
        }
        for (name, english, chinese) in BUILT_IN {
            for (language, built_in) in [
                (MailLanguage::English, english),
                (MailLanguage::Chinese, chinese),
            ] {
                let file = format!("{}/{name}.jinja", language.tag());
                let source = match folder.map(|folder| folder.join(&file)) {
                    Some(path) if path.exists() => std::fs::read_to_string(&path)
                        .map_err(|error| TemplateError::new(&path.display().to_string(), error))?,
                    _ => (*built_in).to_owned(),
                };
                add_mail(&mut environment, name, language, &source)?;
            }
        }
        Ok(Self(environment))
    }

    /// Writes a mail.
    ///
    /// # Errors
    /// When the template wants to be told more.
    pub fn render(
        &self,
        kind: MailKind,
        language: MailLanguage,
        to: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<Rendered, TemplateError> {
        let bodies = Bodies {
            html: self::variables(variables),
            text: self::variables(variables),
        };
        self.write(kind, language, to, &bodies)
    }

    /// Writes a mail about a form: the author's text, within ours.
    ///
    /// # Errors
    /// When the template wants to be told more.
    pub fn render_form(
        &self,
        language: MailLanguage,
        to: &str,
        said: &FormText<'_>,
    ) -> Result<Rendered, TemplateError> {
        let html = minijinja::Value::from_safe_string(said.html.clone());
        let bodies = Bodies {
            html: context! { body => html },
            text: context! { body => said.text },
        };
        let mut mail = self.write(MailKind::HumanInput, language, to, &bodies)?;
        let subject = one_line(said.subject);
        if !subject.is_empty() {
            mail.subject = subject;
        }
        Ok(mail)
    }

    fn write(
        &self,
        kind: MailKind,
        language: MailLanguage,
        to: &str,
        bodies: &Bodies,
    ) -> Result<Rendered, TemplateError> {
        let base = format!("{}/{}", language.tag(), kind.template());
        let fill = |name: &str, parts: &str| {
            let told = if parts == "parts.html" {
                &bodies.html
            } else {
                &bodies.text
            };
            let context = context! {
                to, language => language.tag(), application_title => APPLICATION_TITLE,
                branding_enabled => false, parts, ..told.clone()
            };
            let template = self.0.get_template(name);
            template
                .and_then(|template| template.render(context))
                .map_err(|error| TemplateError::new(name, format!("{error:#}")))
        };
        let subject = fill(&format!("{base}.subject.txt"), "")?;
        let subject: String = subject.chars().filter(|c| !c.is_control()).collect();
        let html = fill(&format!("{base}.html"), "parts.html")?;
        let text = fill(&format!("{base}.txt"), "parts.txt")?;
        let wrap = |layout: &str, content: &str| {
            let variables = context! {
                content, subject => subject.as_str(), language => language.tag(), application_title => APPLICATION_TITLE,
            };
            let template = self.0.get_template(layout);
            template
                .and_then(|template| template.render(variables))
                .map_err(|error| TemplateError::new(layout, error))
        };
        Ok(Rendered {
            html: wrap("layout.html", html.trim())?,
            text: wrap("layout.txt", text.trim())?,
            subject: subject.trim().to_owned(),
        })
    }
}

/// What a template is told, for each of its two forms.
struct Bodies {
    html: minijinja::Value,
    text: minijinja::Value,
}

fn variables(variables: &BTreeMap<String, String>) -> minijinja::Value {
    let said = |name: &str, value: &String| {
        if is_free_text(name) {
            defang(value)
        } else {
            value.clone()
        }
    };
    let pairs = variables.iter();
    minijinja::Value::from_pairs(pairs.map(|(name, value)| (name.clone(), said(name, value))))
}

fn add_mail(
    environment: &mut Environment<'static>,
    name: &str,
    language: MailLanguage,
    source: &str,
) -> Result<(), TemplateError> {
    let base = format!("{}/{name}", language.tag());
    let (first, body) = source.split_once('\n').unwrap_or((source, ""));
    let subject = first
        .strip_prefix("Subject:")
        .ok_or_else(|| TemplateError::new(&base, "the first line must be `Subject: …`"))?;
    add(
        environment,
        &format!("{base}.subject.txt"),
        subject.trim().to_owned(),
    )?;
    require_own_words(environment, &base)?;
    for format in ["html", "txt"] {
        add(environment, &format!("{base}.{format}"), body.to_owned())?;
    }
    Ok(())
}

/// A subject is read in lists, far from what says who wrote it.
fn require_own_words(environment: &Environment<'static>, base: &str) -> Result<(), TemplateError> {
    const GIVEN: [&str; 4] = ["to", "language", "application_title", "branding_enabled"];
    let subject = environment.get_template(&format!("{base}.subject.txt"));
    let subject = subject.map_err(|error| TemplateError::new(base, error))?;
    let used = subject.undeclared_variables(false);
    let mut names = used.iter().map(String::as_str);
    match names.find(|name| is_free_text(name) && !GIVEN.contains(name)) {
        Some(name) => Err(TemplateError::new(
            base,
            format!(
                "`{name}` is text that somebody chose: it may be used in the body of the message, not in its subject"
            ),
        )),
        None => Ok(()),
    }
}

fn add(
    environment: &mut Environment<'static>,
    name: &str,
    source: String,
) -> Result<(), TemplateError> {
    environment
        .add_template_owned(name.to_owned(), source)
        .map_err(|error| TemplateError::new(name, format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(kind: MailKind) -> BTreeMap<String, String> {
        let names = kind.variables().iter();
        names
            .map(|name| ((*name).to_owned(), format!("<{name}>")))
            .collect()
    }

    #[test]
    fn every_mail_exists_in_both_languages_and_contains_all_its_variables() {
        let templates = Templates::load(None).unwrap();
        for kind in MailKind::ALL {
            let mut subjects = vec![];
            for language in MailLanguage::ALL {
                let variables = variables(kind);
                let mail = templates
                    .render(kind, language, "a@b.co", &variables)
                    .unwrap();
                let all_text = format!("{}\n{}", mail.subject, mail.text);
                for name in kind.variables() {
                    assert!(
                        all_text.contains(&format!("<{name}>")),
                        "{kind:?} {name}: {all_text}"
                    );
                    assert!(
                        mail.html.contains(&format!("&lt;{name}&gt;")),
                        "{kind:?}: {}",
                        mail.html
                    );
                    assert!(
                        !mail.html.contains(&format!("<{name}>")),
                        "{kind:?} lets markup through"
                    );
                }
                assert!(mail.html.contains(&format!("lang=\"{}\"", language.tag())));
                subjects.push(mail.subject);
            }
            assert_ne!(subjects[0], subjects[1], "{kind:?} is not translated");
        }
    }

    #[test]
    fn mail_template_with_a_missing_variable_is_an_error_and_its_subject_one_line() {
        let templates = Templates::load(None).unwrap();
        let english = MailLanguage::English;
        let none = BTreeMap::new();
        assert!(
            templates
                .render(MailKind::ResetPassword, english, "a@b.co", &none)
                .is_err()
        );
    }

    /// b5: every mail, told a name that is a link of 255 characters over several lines.
    #[test]
    fn b5_mail_names_are_no_links_extra_lines_or_parts_of_the_subject() {
        let templates = Templates::load(None).unwrap();
        let link = format!(
            "https://evil.example/\r\nBcc: x@evil.example {}",
            "y".repeat(200)
        );
        for kind in MailKind::ALL {
            for language in MailLanguage::ALL {
                let mut variables = variables(kind);
                let names = kind.variables().iter().filter(|name| is_free_text(name));
                variables.extend(names.map(|name| ((*name).to_owned(), link.clone())));
                let mail = templates
                    .render(kind, language, "a@b.co", &variables)
                    .unwrap();
                for text in [&mail.subject, &mail.html, &mail.text] {
                    for bad in [
                        "evil.example",
                        "https://evil",
                        "@evil",
                        "\nBcc",
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
                    ] {
                        assert!(!text.contains(bad), "{kind:?} says {bad:?}: {text}");
                    }
                }
                assert!(!mail.subject.contains("evil"), "{kind:?}: {}", mail.subject);
            }
        }
    }

    #[test]
    fn b5_override_whose_subject_uses_a_name_is_refused_when_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en-US")).unwrap();
        let file = folder
            .path()
            .join("en-US/invite_member_mail_template.jinja");
        std::fs::write(
            &file,
            "Subject: {{ inviter_name | upper }} invites\n{{ url }}\n",
        )
        .unwrap();
        let refused = Templates::load(Some(folder.path()))
            .err()
            .unwrap()
            .to_string();
        assert!(refused.contains("`inviter_name`"), "{refused}");
    }

    #[test]
    fn template_of_the_operator_overrides_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en-US")).unwrap();
        let file = folder.path().join("en-US/test_mail_template.jinja");
        std::fs::write(&file, "Subject: Hi {{ to }}\n<b>{{ to }}</b>\n").unwrap();
        let templates = Templates::load(Some(folder.path())).unwrap();
        let none = BTreeMap::new();
        let mail = templates
            .render(MailKind::Test, MailLanguage::English, "<a@b.co>", &none)
            .unwrap();
        assert_eq!(mail.subject, "Hi <a@b.co>");
        assert!(mail.html.contains("<b>&lt;a@b.co&gt;</b>"));
        std::fs::write(&file, "no subject").unwrap();
        assert!(Templates::load(Some(folder.path())).is_err());
    }
}
