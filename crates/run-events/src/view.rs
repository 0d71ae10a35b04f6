//! Who reads a run, and therefore what of it they see.

use crate::{Recipient, RecipientKind};

/// The run as its readers know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunIdentity {
    /// The id of the run.
    pub workflow_run_id: String,
    /// The handle by which it is stopped; neither the run nor the message.
    pub task_id: String,
    /// The message that it answers with, in a chatflow.
    pub message: Option<MessageIdentity>,
}

/// A chatflow's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageIdentity {
    /// The id of the conversation.
    pub conversation_id: String,
    /// The id of the message.
    pub message_id: String,
    /// When the message was made, in Unix seconds.
    pub created_at: i64,
}

/// On whose behalf the run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A program with an app's key: everything, uncut.
    ServiceApi,
    /// The console while its editor runs a draft: everything, long values cut.
    Debugger,
    /// The web app, explore, triggers: no insides of nodes.
    WebApp,
    /// A bearer of `/openapi/v1`: no insides of nodes.
    Openapi,
}

impl Audience {
    /// Whether inputs, outputs and errors of nodes, and usage of messages, are left out.
    #[must_use]
    pub fn is_simple(self) -> bool {
        matches!(self, Self::WebApp | Self::Openapi)
    }

    /// Whether long values are cut.
    #[must_use]
    pub fn truncates(self) -> bool {
        self != Self::ServiceApi
    }

    /// Whether this reader may act on a form as that recipient.
    fn acts_as(self, kind: RecipientKind) -> bool {
        match self {
            // A visitor is none of those who are asked by mail or in the console.
            Self::ServiceApi | Self::Openapi | Self::WebApp => {
                kind == RecipientKind::StandaloneWebApp
            }
            Self::Debugger => matches!(kind, RecipientKind::Console | RecipientKind::Backstage),
        }
    }

    /// Whether the reader is a surface of its own, so that others' channels are worth telling.
    fn is_surface(self) -> bool {
        self != Self::WebApp
    }
}

/// Which release of Dify the caller was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 1.14.2: lines as its servers wrote them, to the byte.
    V1_14,
    /// 1.16: the same and `approval_channels`, `reasoning`, `reasoning_chunk`; a form that only mails lead to has no token.
    V1_16,
}

/// For whom, and for which generation, events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// On whose behalf.
    pub audience: Audience,
    /// Made for which release.
    pub generation: Generation,
}

impl View {
    /// Whether what 1.16 added is shown.
    #[must_use]
    pub fn is_newer(self) -> bool {
        self.generation == Generation::V1_16
    }

    /// The token by which this reader may answer a form: of the best recipient that they may act as. Programs of 1.14
    /// that can act as none get the form's own token, with which they can do nothing; newer ones, and visitors, get none.
    #[must_use]
    pub fn form_token(self, recipients: &[Recipient]) -> Option<&str> {
        let best = |acts: &dyn Fn(RecipientKind) -> bool| {
            recipients
                .iter()
                .filter(|recipient| recipient.kind <= RecipientKind::StandaloneWebApp)
                .filter(|recipient| acts(recipient.kind))
                .min_by_key(|recipient| recipient.kind)
                .map(|recipient| recipient.token.as_str())
        };
        let own = best(&|kind| self.audience.acts_as(kind));
        match self.generation {
            Generation::V1_14 if self.audience != Audience::WebApp => {
                own.or_else(|| best(&|_| true))
            }
            Generation::V1_14 | Generation::V1_16 => own,
        }
    }

    /// Where else the form can be answered: sorted, each once; nothing for readers who may act everywhere.
    #[must_use]
    pub fn approval_channels(self, recipients: &[Recipient]) -> Vec<&'static str> {
        let mut channels: Vec<_> = recipients
            .iter()
            .filter(|recipient| {
                self.audience.is_surface() && !self.audience.acts_as(recipient.kind)
            })
            .map(|recipient| channel(recipient.kind))
            .collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }
}

/// What clients call the way to a recipient.
fn channel(kind: RecipientKind) -> &'static str {
    match kind {
        RecipientKind::Backstage | RecipientKind::Console => "console",
        RecipientKind::StandaloneWebApp => "web_app",
        RecipientKind::EmailMember | RecipientKind::EmailExternal => "email",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecipientKind::{Backstage, Console, EmailExternal, EmailMember, StandaloneWebApp};

    fn recipients(kinds: &[RecipientKind]) -> Vec<Recipient> {
        let recipient = |kind: &RecipientKind| Recipient {
            kind: *kind,
            token: format!("{kind:?}"),
        };
        kinds.iter().map(recipient).collect()
    }

    /// Reader and recipients; token of 1.14, token of 1.16, channels.
    type Case = (
        Audience,
        Vec<RecipientKind>,
        &'static str,
        &'static str,
        &'static str,
    );

    fn cases() -> [Case; 8] {
        use Audience::{Debugger, Openapi, ServiceApi, WebApp};
        let web = || vec![StandaloneWebApp, Backstage];
        let mail = || vec![EmailMember, Backstage, EmailExternal];
        let all = vec![EmailMember, StandaloneWebApp, Console];
        [
            (
                ServiceApi,
                web(),
                "StandaloneWebApp",
                "StandaloneWebApp",
                "console",
            ),
            (
                Openapi,
                web(),
                "StandaloneWebApp",
                "StandaloneWebApp",
                "console",
            ),
            (ServiceApi, mail(), "Backstage", "", "console email"),
            (Openapi, mail(), "Backstage", "", "console email"),
            (WebApp, web(), "StandaloneWebApp", "StandaloneWebApp", ""),
            (WebApp, mail(), "", "", ""),
            (
                Debugger,
                vec![Console, Backstage],
                "Backstage",
                "Backstage",
                "",
            ),
            (Debugger, all, "Console", "Console", "email web_app"),
        ]
    }

    #[test]
    fn form_token_by_reader_generation_and_recipients_is_of_who_may_act() {
        for (audience, kinds, older, newer, channels) in cases() {
            let recipients = recipients(&kinds);
            let view = |generation| View {
                audience,
                generation,
            };
            let token = |generation| {
                let view = view(generation);
                view.form_token(&recipients).unwrap_or_default().to_owned()
            };
            assert_eq!(token(Generation::V1_14), older, "{audience:?} {kinds:?}");
            assert_eq!(token(Generation::V1_16), newer, "{audience:?} {kinds:?}");
            let listed = view(Generation::V1_16).approval_channels(&recipients);
            assert_eq!(listed.join(" "), channels, "{audience:?} {kinds:?}");
        }
    }
}
