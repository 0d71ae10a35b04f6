//! What is done to a template before minijinja sees it.
//!
//! Fuel bounds the steps of a template, but not what a single step may cost: lists that hold themselves twice, over and
//! over, are small to build and endless to compare; a long chain of operators overflows the parser's stack. So chains
//! are bounded here, and lists, objects and groups that a template writes become metered ones (see
//! [`super::meter`]): `[a, b]` is compiled as `([a, b]|own)`.

use minijinja::{
    machinery::{Span, Token, tokenize},
    syntax::SyntaxConfig,
};

use super::meter::{CHARGE, OWN, OWN_ASSIGNED};

/// The most operators, dots, pipes and brackets that one expression chains.
const MAX_CHAIN: usize = 200;
/// The most `elif` of a template.
const MAX_ELIF: usize = 200;

/// Rewrites a template. `Err` says why it is refused. A template that does not even consist of tokens comes back as it
/// is: the compiler says what is wrong with it.
pub(super) fn guard(source: &str) -> Result<String, String> {
    let mut guard = Guard::default();
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let Ok((token, span)) = token else {
            return Ok(source.to_owned());
        };
        guard.token(&token, span)?;
    }
    Ok(insert(source, guard.insertions))
}

/// Puts texts at their places; those of one place stay in their order.
fn insert(source: &str, mut insertions: Vec<(usize, String)>) -> String {
    insertions.sort_by_key(|(at, _)| *at);
    let mut out = String::with_capacity(source.len() + insertions.len() * 12);
    let mut from = 0;
    for (at, text) in insertions {
        out.push_str(&source[from..at]);
        out.push_str(&text);
        from = at;
    }
    out.push_str(&source[from..]);
    out
}

/// A level of brackets within a tag.
#[derive(Default)]
struct Level {
    /// What its operators add to the depth of the tree.
    chain: usize,
    /// Whether it is written `x[…]`.
    is_subscript: bool,
    /// Whether it is a list, object or group that is wrapped.
    is_wrapped: bool,
    /// Whether a name is in it: it is not a mere constant.
    has_name: bool,
    /// Where its bracket stands.
    open: usize,
    /// Where the operand begins that was read last.
    operand: usize,
    /// Whether the last token ended an operand, so that a bracket goes on with it.
    after_operand: bool,
    /// Whether the last token was a dot or a pipe, so that a name goes on with the operand.
    continues: bool,
}

/// Which tag is being read, and how far it is.
#[derive(Default)]
struct Tag {
    is_block: bool,
    name: Option<String>,
    /// Whether a `set` writes to an attribute.
    is_dotted: bool,
    /// Whether what is read are names that the tag binds: brackets there are no values.
    binds: bool,
    /// Whether the value of a `set` began.
    has_value: bool,
    /// Whether what a `for` goes through began, and did not end.
    has_iterable: bool,
}

impl Tag {
    fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

#[derive(Default)]
struct Guard {
    insertions: Vec<(usize, String)>,
    levels: Vec<Level>,
    /// The sum of the chains of all open levels.
    chain: usize,
    elifs: usize,
    tag: Tag,
    /// Where the last token ended.
    end: usize,
}

impl Guard {
    fn token(&mut self, token: &Token<'_>, span: Span) -> Result<(), String> {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        match token {
            Token::TemplateData(_) => {}
            Token::VariableStart | Token::BlockStart => self.begin_tag(token),
            Token::VariableEnd | Token::BlockEnd => self.finish_tag(),
            Token::Ident(name) => self.ident(name, start)?,
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                self.open(matches!(token, Token::BracketOpen), start)?;
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => self.close(end),
            Token::Comma => self.comma(),
            Token::Colon => self.colon(),
            Token::Assign => self.assign(end),
            Token::Dot | Token::Pipe => self.go_on()?,
            Token::Eq | Token::Ne | Token::Gt | Token::Gte | Token::Lt | Token::Lte => {
                self.compare(start)?;
            }
            Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_) => self.operand(start),
            _ => self.operator()?,
        }
        self.end = end;
        Ok(())
    }

    fn begin_tag(&mut self, token: &Token<'_>) {
        self.tag = Tag {
            is_block: matches!(token, Token::BlockStart),
            ..Tag::default()
        };
        self.chain = 0;
        self.levels = vec![Level::default()];
    }

    /// The value of a `set` ends with its tag.
    fn finish_tag(&mut self) {
        self.finish_iterable();
        if self.tag.has_value {
            let filter = if self.tag.is_dotted {
                OWN
            } else {
                OWN_ASSIGNED
            };
            self.insertions.push((self.end, format!(")|{filter})")));
        }
        self.levels.clear();
        self.tag = Tag::default();
    }

    /// What a `for` goes through pays for its length.
    fn finish_iterable(&mut self) {
        if self.tag.has_iterable && self.levels.len() == 1 {
            self.tag.has_iterable = false;
            self.insertions.push((self.end, format!(")|{CHARGE})")));
        }
    }

    fn operand(&mut self, start: usize) {
        if let Some(level) = self.levels.last_mut() {
            if !level.continues {
                level.operand = start;
            }
            level.continues = false;
            level.after_operand = true;
        }
    }

    fn operator(&mut self) -> Result<(), String> {
        self.chain += 1;
        if let Some(level) = self.levels.last_mut() {
            level.chain += 1;
            level.continues = false;
            level.after_operand = false;
        }
        if self.chain > MAX_CHAIN {
            return Err(format!(
                "an expression of the template chains more than {MAX_CHAIN} operators"
            ));
        }
        Ok(())
    }

    /// What is compared pays for its length. (What an operator made of texts has paid already.)
    fn compare(&mut self, start: usize) -> Result<(), String> {
        if let Some(level) = self.levels.last()
            && level.after_operand
        {
            self.insertions.push((level.operand, "(".to_owned()));
            self.insertions
                .push((self.end.min(start), format!("|{CHARGE})")));
        }
        self.operator()
    }

    /// A dot or a pipe.
    fn go_on(&mut self) -> Result<(), String> {
        if self.levels.len() == 1 && !self.tag.has_value {
            self.tag.is_dotted = true;
        }
        self.operator()?;
        if let Some(level) = self.levels.last_mut() {
            level.continues = true;
        }
        Ok(())
    }

    fn ident(&mut self, name: &str, start: usize) -> Result<(), String> {
        if self.tag.is_block && self.tag.name.is_none() {
            self.tag.name = Some(name.to_owned());
            self.tag.binds = matches!(name, "for" | "set");
            // `call(x)` takes names.
            if name == "call" {
                self.operand(start);
            }
            return self.tag_name(name);
        }
        let is_member = self.levels.last().is_some_and(|level| level.continues);
        match name {
            "in" if !is_member => {
                if self.tag.binds && self.levels.len() == 1 && self.tag.is_named("for") {
                    self.tag.binds = false;
                    self.tag.has_iterable = true;
                    self.insertions.push((start + name.len(), " ((".to_owned()));
                }
                self.operator()
            }
            "not" | "and" | "or" | "is" | "if" | "else" | "recursive" if !is_member => {
                if matches!(name, "if" | "recursive") {
                    self.finish_iterable();
                }
                self.operator()
            }
            _ => {
                self.operand(start);
                if let Some(level) = self.levels.last_mut() {
                    level.has_name = true;
                }
                Ok(())
            }
        }
    }

    fn tag_name(&mut self, name: &str) -> Result<(), String> {
        match name {
            "include" | "import" | "from" | "extends" => Err(format!(
                "a template cannot use `{name}`: there are no other templates"
            )),
            "elif" => {
                self.elifs += 1;
                if self.elifs > MAX_ELIF {
                    return Err(format!("a template has at most {MAX_ELIF} `elif`"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, is_square: bool, start: usize) -> Result<(), String> {
        let goes_on = self.levels.last().is_some_and(|level| level.after_operand);
        if !goes_on {
            self.operand(start);
        }
        self.operator()?;
        let is_wrapped = !goes_on && !self.tag.binds;
        if is_wrapped {
            self.insertions.push((start, "(".to_owned()));
        }
        self.levels.push(Level {
            is_subscript: goes_on && is_square,
            is_wrapped,
            open: start,
            ..Level::default()
        });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        // The outermost level is the tag itself.
        if self.levels.len() < 2 {
            return;
        }
        if let Some(level) = self.levels.pop() {
            self.chain -= level.chain;
            if level.is_wrapped {
                self.insertions.push((end, format!("|{OWN})")));
            } else if level.is_subscript && level.has_name {
                self.insertions.push((level.open + 1, "((".to_owned()));
                self.insertions.push((self.end, format!(")|{CHARGE})")));
            }
        }
        if let Some(level) = self.levels.last_mut() {
            level.after_operand = true;
        }
    }

    /// What follows stands beside what was, not inside it.
    fn comma(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.chain -= level.chain;
            level.chain = 0;
            level.continues = false;
            level.after_operand = false;
        }
    }

    /// The first colon of a subscript makes it a slice: what is sliced pays for its length.
    fn colon(&mut self) {
        let Some(level) = self.levels.last_mut() else {
            return;
        };
        level.after_operand = false;
        level.continues = false;
        if !level.is_subscript {
            return;
        }
        level.is_subscript = false;
        let open = level.open;
        if let [.., outer, _] = self.levels.as_slice() {
            let operand = outer.operand;
            self.insertions.push((operand, "(".to_owned()));
            self.insertions.push((open, format!("|{CHARGE})")));
        }
    }

    /// The value of a `set` begins behind its first `=`.
    fn assign(&mut self, end: usize) {
        let begins = self.levels.len() == 1 && self.tag.is_named("set") && !self.tag.has_value;
        if begins {
            self.tag.has_value = true;
            self.tag.binds = false;
            self.insertions.push((end, "((".to_owned()));
        }
        if let Some(level) = self.levels.last_mut() {
            level.after_operand = false;
            level.continues = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_objects_groups_and_assignments_are_wrapped() {
        for (source, guarded) in [
            ("a {{ b }} [c]", "a {{ b }} [c]"),
            ("{{ [1, x] }}", "{{ ([1, x]|own__) }}"),
            ("{{ x[0] ~ f(1) }}", "{{ x[0] ~ f(1) }}"),
            ("{{ f([1])[0] }}", "{{ f(([1]|own__))[0] }}"),
            ("{{ {'a': (1, 2)} }}", "{{ ({'a': ((1, 2)|own__)}|own__) }}"),
            ("{{ x.in[1] }}", "{{ x.in[1] }}"),
            (
                "{% for (a, b) in [c] %}",
                "{% for (a, b) in (( ([c]|own__))|charge__) %}",
            ),
            (
                "{%- for a in b.c if a in d -%}",
                "{%- for a in (( b.c)|charge__) if a in d -%}",
            ),
            (
                "{% for a in b recursive %}",
                "{% for a in (( b)|charge__) recursive %}",
            ),
            ("{{ a.b == c }}", "{{ (a.b|charge__) == c }}"),
            ("{{ a[b] < 1 }}", "{{ (a[((b)|charge__)]|charge__) < 1 }}"),
            ("{% if x in [1] %}", "{% if x in ([1]|own__) %}"),
            ("{%- set a = b, b -%}", "{%- set a =(( b, b)|own_set__) -%}"),
            ("{% set n.a = b %}", "{% set n.a =(( b)|own__) %}"),
            ("{% set a = n.a %}", "{% set a =(( n.a)|own_set__) %}"),
            ("{% set a %}[x]{% endset %}", "{% set a %}[x]{% endset %}"),
            ("{% macro m(a, b=[1]) %}", "{% macro m(a, b=([1]|own__)) %}"),
            ("{% call(x) m() %}", "{% call(x) m() %}"),
            ("{{ s[1:] }}", "{{ (s|charge__)[1:] }}"),
            ("{{ -a.b[1:2:3]|e }}", "{{ -(a.b|charge__)[1:2:3]|e }}"),
            ("{{ [1][0:1] }}", "{{ (([1]|own__)|charge__)[0:1] }}"),
            (
                "{% raw %}{{ [1] }}{% endraw %}{# [1] #}",
                "{% raw %}{{ [1] }}{% endraw %}{# [1] #}",
            ),
        ] {
            assert_eq!(guard(source).as_deref(), Ok(guarded));
        }
    }

    #[test]
    fn chains_and_other_templates_are_refused() {
        let long = |piece: &str| format!("{{{{ x{} }}}}", piece.repeat(MAX_CHAIN + 1));
        for source in [
            long(" + 1"),
            long(".a"),
            long("|e"),
            long("[0]"),
            long(" and x"),
            long(" if x else x"),
            format!("{{{{ {}1 }}}}", "-".repeat(MAX_CHAIN + 1)),
            format!("{{{{ {}", "f(".repeat(MAX_CHAIN + 1)),
            format!("{{% if x %}}{}", "{% elif x %}".repeat(MAX_ELIF + 1)),
            "{% include 'x' %}".to_owned(),
            "{%- import 'x' as y %}".to_owned(),
            "{% from 'x' import y %}".to_owned(),
            "{% extends 'x' %}".to_owned(),
        ] {
            assert!(guard(&source).is_err(), "{source}");
        }
        // What stands side by side is no chain.
        let list = format!("{{{{ [{}] }}}}", "-1.5 + x, ".repeat(10_000));
        assert!(guard(&list).is_ok());
    }
}
