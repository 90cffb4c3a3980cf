//! Names in formulas: what each stands for where it is written, and what was probably meant when it stands for nothing.

use crate::check::names::{Thing, id};
use crate::check::spelling::{self, BAND_WORDS, HelpIf, shown};
use crate::check::typer::{Draft, Scope, Typer, part, wrong};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Form, Name, Text, WindowPart};

impl Typer<'_> {
    /// A name that stands where a formula can.
    pub(super) fn name(&mut self, name: &str, span: Span, scope: &Scope) -> Draft {
        if let Some((found, of)) = self.local(name, scope) {
            if let Some(function) = &scope.moved_by {
                return self.known_here_alone(name, function, span);
            }
            return part(Form::Name(found), of, span);
        }
        if let Some(entry) = self.names.get(name) {
            return self.global(name, entry.thing, span);
        }
        let mut words = name.split('.');
        let found = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("partner"), None, None, None) => Some((Name::Partner, Ty::Partner)),
            (Some("partner"), Some(attribute), None, None) => {
                let types = &mut self.types;
                let found = self.names.attribute(attribute, types);
                found.map(|(id, of)| (Name::Attribute(id), of))
            }
            (Some("credit"), Some("level"), None, None) => Some((Name::CreditLevel, Ty::count())),
            (Some("window"), Some(part), None, None) => window_part(part),
            (Some(kind), Some(column), followed, None) => match self.names.kind(kind) {
                Some(id) => {
                    if let Some((key_kind, key, of)) = &scope.key
                        && *key_kind == id
                        && followed.is_none()
                        && self
                            .names
                            .column(id, column)
                            .is_some_and(|(column, _)| column == *key)
                    {
                        return part(Form::Name(Name::Key(id, *key)), of.clone(), span);
                    }
                    return self.column(kind, column, followed, span);
                }
                None => None,
            },
            _ => None,
        };
        match found {
            Some((found, of)) => part(Form::Name(found), of, span),
            None => self.unknown_name(name, span, scope),
        }
    }

    /// What a band or a change knows is known at one place; a function that asks somewhere else cannot take it along.
    fn known_here_alone(&mut self, name: &str, function: &str, span: Span) -> Draft {
        self.diagnostics.push(
            Diagnostic::error(
                "N7",
                span,
                format!("`{name}` is known only here, and `{function}` asks somewhere else"),
            )
            .help("give what is to be asked elsewhere a name of its own, and ask that"),
        );
        wrong(span)
    }

    /// A name known only where the formula stands.
    fn local(&self, name: &str, scope: &Scope) -> Option<(Name, Ty)> {
        let position = |list: &[(Text, Ty)]| {
            let at = list.iter().position(|(known, _)| &**known == name)?;
            let (_, of) = list.get(at)?;
            Some((id(at), of.clone()))
        };
        if let Some((at, of)) = position(&scope.arguments) {
            return Some((Name::Argument(at), of));
        }
        if let Some((at, of)) = position(&scope.columns) {
            return Some((Name::BandColumn(at), of));
        }
        if let Some(band) = &scope.band {
            let found = match name {
                "lower" => Some(Name::Lower),
                "upper" => Some(Name::Upper),
                "width" => Some(Name::Width),
                "slice" => Some(Name::Slice),
                "filled" => return Some((Name::Filled, Ty::Flag)),
                _ => None,
            };
            if let Some(found) = found {
                return Some((found, band.clone()));
            }
        }
        match (&scope.was, name) {
            (Some(was), "was") => Some((Name::Was, was.clone())),
            (Some(was), "agreed") => Some((Name::Agreed, was.clone())),
            _ => None,
        }
    }

    fn global(&mut self, name: &str, thing: Thing, span: Span) -> Draft {
        let at = |list: &[Ty], index: usize| list.get(index).cloned().unwrap_or(Ty::Wrong);
        let (found, of) = match thing {
            Thing::Term(id) => (Name::Term(id), at(&self.names.terms, id.index())),
            Thing::Measure(id) => (Name::Measure(id), at(&self.names.measures, id.index())),
            Thing::Value(id) => (Name::Value(id), at(&self.names.values, id.index())),
            Thing::Component(id) => (Name::Component(id), at(&self.names.components, id.index())),
            Thing::Limit(id) => (Name::Limit(id), at(&self.names.limits, id.index())),
            Thing::Kind(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N6",
                        span,
                        format!("`{name}` is a kind of fact, not a number"),
                    )
                    .help(format!(
                        "name a column ({name}.…), or count its rows in a measure (count: {name})"
                    )),
                );
                return wrong(span);
            }
            Thing::Table(id) => {
                let arguments: Vec<String> = self
                    .names
                    .tables
                    .get(id.index())
                    .map(|table| {
                        table
                            .arguments
                            .iter()
                            .map(|argument| argument.name.to_string())
                            .collect()
                    })
                    .unwrap_or_default();
                self.diagnostics.push(
                    Diagnostic::error(
                        "N6",
                        span,
                        format!("`{name}` is a table and must be asked about something"),
                    )
                    .help(format!("write {name}({})", arguments.join(", "))),
                );
                return wrong(span);
            }
        };
        part(Form::Name(found), of, span)
    }

    /// `kind.column`, or `kind.column.attribute` of the partner in that column.
    fn column(&mut self, kind: &str, column: &str, followed: Option<&str>, span: Span) -> Draft {
        let Some(kind_id) = self.names.kind(kind) else {
            return wrong(span);
        };
        let Some((column_id, of)) = self.names.column(kind_id, column) else {
            let columns: Vec<String> = self
                .names
                .kinds
                .get(kind_id.index())
                .map(|kind| {
                    kind.columns
                        .iter()
                        .map(|(name, _)| name.to_string())
                        .collect()
                })
                .unwrap_or_default();
            let closest = nearest(column, columns.iter().map(String::as_str));
            let help = match closest {
                Some(closest) => format!("did you mean {kind}.{closest}?"),
                None if columns.is_empty() => format!("declare it: columns: {{ {column}: money }}"),
                None => format!("its columns are {}", columns.join(", ")),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    "N1",
                    span,
                    format!("`{kind}` has no column `{}`", shown(column)),
                )
                .help(help),
            );
            return wrong(span);
        };
        let Some(attribute) = followed else {
            return part(Form::Name(Name::Column(kind_id, column_id)), of, span);
        };
        if !matches!(of, Ty::Partner | Ty::Wrong) {
            let is = self.with_article(&of);
            self.diagnostics.push(
                Diagnostic::error(
                    "N6",
                    span,
                    format!("`{kind}.{column}` is {is}; only a partner can be followed"),
                )
                .help(format!(
                    "declare the column as `{column}: partner`, if that is what it holds"
                )),
            );
            return wrong(span);
        }
        let types = &mut self.types;
        match self.names.attribute(attribute, types) {
            Some((attribute_id, of)) => part(
                Form::Name(Name::Followed(kind_id, column_id, attribute_id)),
                of,
                span,
            ),
            None => self.unknown_attribute(attribute, span),
        }
    }

    fn unknown_attribute(&mut self, attribute: &str, span: Span) -> Draft {
        let known: Vec<&str> = self
            .names
            .attributes
            .iter()
            .map(|(name, _)| &**name)
            .collect();
        let closest = nearest(attribute, known).map(str::to_owned);
        self.diagnostics.push(
            Diagnostic::error(
                "N1",
                span,
                format!(
                    "the plan reads no column `{}` of the partner directory",
                    shown(attribute)
                ),
            )
            .help_if(closest, |closest| format!("did you mean {closest}?")),
        );
        wrong(span)
    }

    pub(super) fn unknown_name(&mut self, name: &str, span: Span, scope: &Scope) -> Draft {
        if scope.undeclared_terms
            && name.starts_with("term.")
            && self.names.undeclared.len() < 10_000
        {
            let types = &mut self.types;
            let (term, of) = self.names.undeclared_term(name, span, types);
            return part(Form::Name(Name::Term(term)), of, span);
        }
        if name == "was" || name == "agreed" || BAND_WORDS.contains(&name) {
            let place = if BAND_WORDS.contains(&name) {
                "inside a table's bands, where a band has bounds"
            } else {
                "inside an override"
            };
            self.diagnostics.push(Diagnostic::error(
                "N7",
                span,
                format!("`{name}` is known only {place}"),
            ));
            return wrong(span);
        }
        if let Some(attribute) = name.strip_prefix("partner.") {
            if attribute.contains('.') {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N1",
                        span,
                        format!("`{}` follows more than one step", shown(name)),
                    )
                    .help("ask for it of that partner: of(partner.…, x)"),
                );
                return wrong(span);
            }
            return self.unknown_attribute(attribute, span);
        }
        if let Some((first, rest)) = name.split_once('.') {
            let help = match first {
                "window" => Some("a window has starts, ends, last, days, full_days and final"),
                "credit" => Some("a credit has level"),
                "agreement" => Some(
                    "partner.starts is the agreement's first day, partner.ends the day after its last; a figure of it is a term",
                ),
                "plan" => Some(
                    "a formula knows no plan; window.starts, .ends and .days are of the window it is asked in",
                ),
                _ if self.names.kind(first).is_some() && rest.contains('.') => Some(
                    "a partner is followed one step: sale.seller.size; for more ask of(sale.seller, x)",
                ),
                _ => None,
            };
            if let Some(help) = help {
                let diagnostic =
                    Diagnostic::error("N1", span, format!("nothing is called `{}`", shown(name)))
                        .help(help);
                self.diagnostics.push(diagnostic);
                return wrong(span);
            }
        }
        if let Some(table) = self.table_with(name) {
            let message = format!("`{name}` is a column of `{table}`, known only inside its bands");
            let help = format!("ask the table: {table}(…)");
            self.diagnostics
                .push(Diagnostic::error("N7", span, message).help(help));
            return wrong(span);
        }
        let closest = self.names.closest(name).or_else(|| {
            let local = scope
                .arguments
                .iter()
                .chain(&scope.columns)
                .map(|(name, _)| &**name);
            nearest(name, local.chain(BAND_WORDS.iter().copied())).map(str::to_owned)
        });
        let is_function = spelling::FUNCTIONS.contains(&name);
        let message = if is_function {
            format!("`{name}` is a function and must be given something")
        } else {
            format!("nothing is called `{}`", shown(name))
        };
        let help = match closest {
            _ if self.lost_its_quotes(span) => Some(format!(
                "YAML takes these quotes away; a text in a formula has its own: \"'{}'\"",
                shown(name)
            )),
            _ if is_function => Some(format!("write {name}(…)")),
            Some(closest) => Some(format!("did you mean {closest}?")),
            None if name.starts_with("term.") || name.starts_with("target.") => {
                Some("declare it under `terms`, with its unit".to_owned())
            }
            None => self.meant_elsewhere(name),
        };
        self.diagnostics
            .push(Diagnostic::error("N1", span, message).help_if(help, |help| help));
        wrong(span)
    }

    /// The table that has a column of this name.
    fn table_with(&self, column: &str) -> Option<Text> {
        if !self.names.may_look() {
            return None;
        }
        let has_it = |columns: &[Text]| columns.iter().any(|known| &**known == column);
        self.names.register.iter().find_map(|(name, entry)| {
            let Thing::Table(id) = entry.thing else {
                return None;
            };
            let table = self.names.tables.get(id.index())?;
            has_it(&table.columns).then(|| name.clone())
        })
    }

    /// What a name that is like no other was meant for: a column without its kind, a name behind the block it stands in, a
    /// text without its quotes.
    fn meant_elsewhere(&self, name: &str) -> Option<String> {
        if matches!(name, "yes" | "no") {
            return Some(format!("a flag is {}", name == "yes"));
        }
        if !self.names.may_look() {
            return None;
        }
        let mut columns = Vec::new();
        for kind in &self.names.kinds {
            let known = kind.columns.iter().map(|(column, _)| &**column);
            if known.into_iter().any(|column| column == name) {
                columns.push(format!("{}.{name}", kind.name));
            }
        }
        if !columns.is_empty() {
            columns.truncate(3);
            let written = columns.join(" or ");
            return Some(format!("a column is written with its kind: {written}"));
        }
        if let Some((first, rest)) = name.split_once('.') {
            if self.names.get(rest).is_some() && BLOCKS.contains(&first) {
                return Some(format!("a name stands alone: {rest}"));
            }
            let thing = self.names.get(first).map(|entry| entry.thing);
            return match thing {
                Some(_) if spelling::FUNCTIONS.contains(&rest) => {
                    Some(format!("write {rest}({first})"))
                }
                Some(Thing::Table(_)) => Some(format!("a table is asked by its name: {first}(…)")),
                Some(thing) => Some(format!(
                    "{first} is {}, with nothing inside it",
                    thing.word()
                )),
                None => None,
            };
        }
        let ends_so = |known: &str| {
            known
                .split('.')
                .any(|word| word == name)
                .then(|| known.to_owned())
        };
        let dotted = self.names.register.keys().find_map(|known| ends_so(known));
        match dotted {
            Some(known) => Some(format!("did you mean {known}?")),
            None if !name.contains('.') => Some(format!(
                "a text stands in single quotes, '{name}'; a column of the partner directory is partner.{name}"
            )),
            None => None,
        }
    }

    /// Whether the whole formula stands in quotes that YAML takes for its own.
    fn lost_its_quotes(&self, span: Span) -> bool {
        let with_quotes = Span {
            start: span.start.saturating_sub(1),
            end: span.end.saturating_add(1),
            ..span
        };
        let text = self.sources.text(with_quotes);
        text.len() > 2 && text.starts_with('\'') && text.ends_with('\'')
    }
}

/// The blocks of a plan, which are no part of the names in them.
const BLOCKS: &[&str] = &[
    "facts",
    "terms",
    "measures",
    "values",
    "tables",
    "components",
    "limits",
];

fn window_part(part: &str) -> Option<(Name, Ty)> {
    let (part, of) = match part {
        "starts" => (WindowPart::Starts, Ty::Date),
        "ends" => (WindowPart::Ends, Ty::Date),
        "last" => (WindowPart::Last, Ty::Date),
        "days" => (WindowPart::Days, Ty::count()),
        "full_days" => (WindowPart::FullDays, Ty::count()),
        "final" => (WindowPart::Final, Ty::Flag),
        _ => return None,
    };
    Some((Name::Window(part), of))
}
