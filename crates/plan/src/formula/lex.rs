//! Formula text to tokens. What another language would write is read as what it means here and reported.

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;

use crate::diagnostic::Diagnostic;
use crate::elsewhere;
use crate::yaml::Scalar;

/// A token and its place in the text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub is: TokenKind,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Number(Exact),
    /// Text without its quotes.
    Text(String),
    /// A word, or several with dots.
    Word(String),
    /// Three capitals.
    Currency(String),
    Sign(Sign),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
    Percent,
    Open,
    Close,
    OpenKey,
    CloseKey,
    Comma,
    Names,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The tokens of a scalar, closed by one `End`; nothing when some of its text means nothing.
pub(super) fn tokens(scalar: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Token>> {
    let mut lexer = Lexer {
        scalar,
        text: &scalar.text,
        at: 0,
        tokens: Vec::new(),
        lost: false,
        diagnostics,
    };
    lexer.run();
    (!lexer.lost).then_some(lexer.tokens)
}

struct Lexer<'a> {
    scalar: &'a Scalar,
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    /// Something was met that no token stands for.
    lost: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(next) = self.peek(0) {
            match next {
                _ if next.is_whitespace() => self.at += next.len_utf8(),
                '0'..='9' => self.number(),
                '.' if self.peek(1).is_some_and(|after| after.is_ascii_digit()) => self.number(),
                'a'..='z' | 'A'..='Z' | '_' => self.word(),
                '\'' => self.quoted(),
                '"' => self.double_quoted(),
                _ => self.sign(next),
            }
        }
        self.push(TokenKind::End, self.text.len(), self.text.len());
    }

    /// The nth character from here.
    fn peek(&self, nth: usize) -> Option<char> {
        self.text.get(self.at..)?.chars().nth(nth)
    }

    fn push(&mut self, is: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { is, start, end });
    }

    fn error(&mut self, code: &'static str, start: usize, end: usize, message: String, help: &str) {
        self.diagnostics
            .push(Diagnostic::error(code, self.scalar.place(start, end), message).help(help));
    }

    /// Bytes from here on as long as the characters fit.
    fn run_of(&self, from: usize, fits: impl Fn(char) -> bool) -> usize {
        let rest = self.text.get(from..).unwrap_or("");
        from + rest.find(|char| !fits(char)).unwrap_or(rest.len())
    }

    fn number(&mut self) {
        let start = self.at;
        if let Some(end) = self.day_written_bare() {
            return self.bare_day(start, end);
        }
        // All that a reader would take for one number, so that what is wrong with it is said once.
        let mut end = start;
        loop {
            end = self.run_of(end, |char| char.is_alphanumeric() || char == '_');
            let rest = self.text.get(end..).unwrap_or("");
            let mut after = rest.chars();
            match (after.next(), after.next()) {
                (Some('.'), next) if next.is_none_or(|next| !next.is_ascii_alphabetic()) => {
                    end += 1
                }
                _ => break,
            }
        }
        let written = self.text.get(start..end).unwrap_or("").to_owned();
        self.at = end;
        if let Some(end) = self.goes_on_behind_blanks(&written, end) {
            return self.blanks_between_digits(start, end);
        }
        let rest = written_at(self.text, end, self.text.len());
        if rest.starts_with(',')
            && rest
                .get(1..)
                .is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit()))
        {
            return self.comma_between_digits(start, end);
        }
        match Exact::parse(&written) {
            Ok(value)
                if !(written.len() > 1
                    && written.starts_with('0')
                    && !written.starts_with("0.")) =>
            {
                self.push(TokenKind::Number(value), start, end);
            }
            Ok(_) | Err(_) => {
                let (end, help) = self.why_no_number(start, end, &written);
                let shown: String = written_at(self.text, start, end).chars().take(40).collect();
                self.error("F2", start, end, format!("`{shown}` is no number"), &help);
                self.at = end;
                // Something of its kind stands here, so that the rest of the formula can be read.
                self.push(TokenKind::Number(Exact::ONE), start, end);
            }
        }
    }

    /// Where a number ends that has blanks between its thousands, `1 000 000.50`.
    fn goes_on_behind_blanks(&self, written: &str, end: usize) -> Option<usize> {
        let is_digits = written.bytes().all(|byte| byte.is_ascii_digit());
        let mut last = end;
        while is_digits && written_at(self.text, last, self.text.len()).starts_with(' ') {
            let group = self.run_of(last + 1, is_of_word);
            let digits = written_at(self.text, last + 1, group);
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                break;
            }
            last = group;
        }
        let mut rest = written_at(self.text, last, self.text.len()).chars();
        let has_places = matches!((rest.next(), rest.next()), (Some('.'), Some('0'..='9')));
        match (last > end, has_places) {
            (false, _) => None,
            (true, false) => Some(last),
            (true, true) => Some(self.run_of(last + 1, is_of_word)),
        }
    }

    /// Blanks inside a number are told once, whatever number of them there is.
    fn blanks_between_digits(&mut self, start: usize, end: usize) {
        let whole = written_at(self.text, start, end).to_owned();
        let help = format!("write `{}`", whole.replace(' ', "_"));
        let message = format!("a blank stands inside the number `{whole}`");
        self.error("F2", start, end, message, &help);
        self.at = end;
        self.push(TokenKind::Number(Exact::ONE), start, end);
    }

    /// Where `2026-01-31` ends, which without its word would be a subtraction. What is like no month and no day is one.
    fn day_written_bare(&self) -> Option<usize> {
        let written = self.text.get(self.at..self.at + 10)?;
        let is_day = written.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let end = self.at + 10;
        let ends_here = self
            .text
            .get(end..)
            .is_none_or(|rest| !rest.starts_with(|next: char| is_of_word(next) || next == '-'));
        let is_within = |from: usize, most: &str| {
            let digits = written.get(from..from + 2);
            digits.is_some_and(|digits| digits >= "01" && digits <= most)
        };
        (is_day && ends_here && is_within(5, "12") && is_within(8, "31")).then_some(end)
    }

    /// A day without its word is told, and read as what was meant.
    fn bare_day(&mut self, start: usize, end: usize) {
        let written = written_at(self.text, start, end).to_owned();
        let after_word = matches!(
            self.tokens.last(),
            Some(Token { is: TokenKind::Word(word), .. }) if word == "date"
        );
        let message = match after_word {
            true => "a day stands in single quotes",
            false => "a day is written with `date` and in single quotes",
        };
        // A day that is in no calendar is told where days are read.
        if parse_date(&written).is_ok() {
            let help = format!("write date '{written}'");
            self.error("F10", start, end, message.to_owned(), &help);
        }
        self.at = end;
        if !after_word {
            self.push(TokenKind::Word("date".to_owned()), start, start);
        }
        self.push(TokenKind::Text(written), start, end);
    }

    /// `1,000` may be one number or two, so it is neither: a blank after the comma, or `_`, says which.
    fn comma_between_digits(&mut self, start: usize, end: usize) {
        let end = self.digits_and_separators(end);
        let whole = written_at(self.text, start, end).to_owned();
        let decimal = match whole.rsplit_once(',') {
            Some((before, after)) if before.contains('.') => {
                format!("{}.{after}", before.replace(['.', ','], "_"))
            }
            _ if whole.split(',').skip(1).all(|group| {
                group
                    .split('.')
                    .next()
                    .is_some_and(|digits| digits.len() == 3)
            }) =>
            {
                whole.replace(',', "_")
            }
            _ => whole.replacen(',', ".", 1),
        };
        let message = format!("`{whole}` can be read as one number or as several");
        let help =
            format!("write `{decimal}` for one number, a blank after each comma for several");
        self.error("F2", start, end, message, &help);
        self.at = end;
        self.push(TokenKind::Number(Exact::ONE), start, end);
    }

    /// Past digits, points and commas, as long as each point and comma has a digit after it.
    fn digits_and_separators(&self, mut end: usize) -> usize {
        loop {
            end = self.run_of(end, |char| char.is_ascii_digit() || char == '_');
            let rest = written_at(self.text, end, self.text.len());
            let mut next = rest.chars();
            let separates = matches!(next.next(), Some(',' | '.'))
                && next.next().is_some_and(|next| next.is_ascii_digit());
            if !separates {
                return end;
            }
            end += 1;
        }
    }

    /// Where the text that should be a number ends, and how to write it.
    fn why_no_number(&self, start: usize, end: usize, written: &str) -> (usize, String) {
        if written.starts_with('.') {
            return (end, format!("write `0{written}`"));
        }
        if let Some(digits) = written.strip_suffix('.') {
            return (end, format!("write `{digits}`"));
        }
        if let Some(day) = day_of_points(written) {
            return (end, format!("write a day as date '{day}'"));
        }
        if written.matches('.').count() > 1 {
            return (
                end,
                "write `_` between thousands and one point before decimals: 1_234_567.89".into(),
            );
        }
        if written.len() > 1_000 {
            return (end, "a number has at most 1,000 digits".into());
        }
        if written
            .chars()
            .all(|char| char.is_ascii_digit() || char == '_' || char == '.')
        {
            if written.starts_with('0') {
                return (
                    end,
                    "a number does not begin with 0; between thousands stands `_`: 1_000".into(),
                );
            }
            return (end, "`_` stands between two digits: 1_000_000".into());
        }
        let digits = self.run_of(start, |char| {
            char.is_ascii_digit() || matches!(char, '_' | '.')
        });
        let (number, tail) = (
            written_at(self.text, start, digits),
            written_at(self.text, digits, end),
        );
        let tail = tail.to_owned();
        if tail.starts_with(['e', 'E']) {
            return (end, "powers of ten are written out: 100_000".into());
        }
        if tail.len() > 1 && matches!(tail.as_bytes().first(), Some(b'k' | b'K' | b'm' | b'M'))
            || tail.len() == 1
        {
            return (end, "write all its digits: 60_000, 1_500_000".into());
        }
        (end, format!("leave a blank: `{number} {tail}`"))
    }

    fn word(&mut self) {
        let start = self.at;
        let mut end = self.run_of(start, is_of_word);
        while self
            .text
            .get(end..)
            .is_some_and(|rest| rest.starts_with('.'))
            && self
                .text
                .get(end + 1..)
                .is_some_and(|rest| rest.starts_with(is_of_word))
        {
            end = self.run_of(end + 1, is_of_word);
        }
        self.at = end;
        let written = written_at(self.text, start, end).to_owned();
        if self
            .text
            .get(end..)
            .is_some_and(|rest| rest.starts_with('.'))
        {
            self.at += 1;
            let message = format!("a name does not end in a point: `{written}.`");
            self.error(
                "F1",
                start,
                end + 1,
                message,
                "write what follows the point, or take it out",
            );
        }
        let capitals = written.len() == 3 && written.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_called = written_at(self.text, end, self.text.len())
            .trim_start()
            .starts_with('(');
        if capitals && !is_called && !matches!(written.as_str(), "AND" | "NOT" | "END") {
            self.push(TokenKind::Currency(written), start, end);
        } else if written.split('.').all(is_word) {
            self.push(TokenKind::Word(written), start, end);
        } else if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let meant = lower(&written);
            let message = format!("names and words are lower case: `{written}`");
            let is_compared = self.is_compared();
            let help = match elsewhere::function(&meant) {
                Some(help) if is_called => help.to_owned(),
                Some(_) | None if is_compared && !meant.contains('.') => {
                    format!("write `{meant}`, or as a text '{written}'")
                }
                Some(_) | None => format!("write `{meant}`"),
            };
            self.error("F8", start, end, message, &help);
            self.push(TokenKind::Word(meant), start, end);
        } else {
            let message = format!("a name begins with a letter: `{written}`");
            self.error(
                "F3",
                start,
                end,
                message,
                "letters a to z, digits and `_` make a name; a point stands between words",
            );
            self.lost = true;
        }
    }

    /// Whether what comes next is compared with something, so that it may be meant as a text.
    fn is_compared(&self) -> bool {
        let before = self.tokens.iter().rev().map(|token| &token.is);
        let mut listed = before.take_while(|is| {
            matches!(
                is,
                TokenKind::Text(_)
                    | TokenKind::Word(_)
                    | TokenKind::Sign(Sign::Comma | Sign::Open | Sign::Equal | Sign::NotEqual)
            )
        });
        match listed.next() {
            Some(TokenKind::Sign(Sign::Equal | Sign::NotEqual)) => true,
            Some(TokenKind::Sign(Sign::Open | Sign::Comma)) => {
                listed.any(|is| *is == TokenKind::Word("in".to_owned()))
            }
            Some(_) | None => false,
        }
    }

    fn quoted(&mut self) {
        let start = self.at;
        let mut said = String::new();
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('\''), Some('\'')) => {
                    said.push('\'');
                    self.at += 2;
                }
                (Some('\''), _) => {
                    self.at += 1;
                    break;
                }
                (Some(char), _) => {
                    said.push(char);
                    self.at += char.len_utf8();
                }
                (None, _) => {
                    let message = "a text is opened and not closed".to_owned();
                    self.error(
                        "F4",
                        start,
                        start + 1,
                        message,
                        "close it with `'`; inside a text an apostrophe is doubled",
                    );
                    self.lost = true;
                    return;
                }
            }
        }
        self.push(TokenKind::Text(said), start, self.at);
    }

    /// Text in double quotes is taken for text, and reported.
    fn double_quoted(&mut self) {
        let start = self.at;
        let rest = written_at(self.text, start + 1, self.text.len());
        let said = rest.split('"').next().unwrap_or("").to_owned();
        let end = (start + said.len() + 2).min(self.text.len());
        self.at = end;
        let help = format!("write '{}'", said.replace('\'', "''"));
        self.error(
            "F5",
            start,
            end,
            "text stands in single quotes".into(),
            &help,
        );
        self.push(TokenKind::Text(said), start, end);
    }

    fn sign(&mut self, next: char) {
        let start = self.at;
        let after = self.peek(1);
        let (sign, length) = match (next, after) {
            ('=', Some('>')) => (Sign::Names, 2),
            ('<', Some('>')) => (Sign::NotEqual, 2),
            ('<', Some('=')) => (Sign::AtMost, 2),
            ('>', Some('=')) => (Sign::AtLeast, 2),
            ('=', Some('=' | '<')) | ('*', Some('*')) => return self.foreign(next, after),
            ('=', _) => (Sign::Equal, 1),
            ('<', _) => (Sign::Less, 1),
            ('>', _) => (Sign::More, 1),
            ('+', _) => (Sign::Plus, 1),
            ('-', _) => (Sign::Minus, 1),
            ('*', _) => (Sign::Times, 1),
            ('/', _) => (Sign::Over, 1),
            ('%', _) => (Sign::Percent, 1),
            ('(', _) => (Sign::Open, 1),
            (')', _) => (Sign::Close, 1),
            ('[', _) => (Sign::OpenKey, 1),
            (']', _) => (Sign::CloseKey, 1),
            (',', _) => (Sign::Comma, 1),
            _ => return self.foreign(next, after),
        };
        self.at += length;
        self.push(TokenKind::Sign(sign), start, self.at);
    }

    /// What other languages and typewriters write. Where the meaning is clear, reading goes on.
    fn foreign(&mut self, next: char, after: Option<char>) {
        let start = self.at;
        let word = |word: &str| Some(TokenKind::Word(word.to_owned()));
        let sign = |sign: Sign| Some(TokenKind::Sign(sign));
        let (length, help, meant) = match (next, after) {
            ('=', Some('=')) => (2, "write `=`", sign(Sign::Equal)),
            ('=', Some('<')) => (2, "write `<=`", sign(Sign::AtMost)),
            ('!', Some('=')) => (2, "write `<>`", sign(Sign::NotEqual)),
            ('!', _) => (1, "write `not`", word("not")),
            ('&', Some('&')) => (2, "write `and`", word("and")),
            ('&', _) => (1, "write `and`", word("and")),
            ('|', Some('|')) => (2, "write `or`", word("or")),
            ('|', _) => (1, "write `or`", word("or")),
            ('*', _) => (2, "there are no powers; multiply: x * x", sign(Sign::Times)),
            ('^', _) => (1, "there are no powers; multiply: x * x", sign(Sign::Times)),
            ('−' | '–' | '—', _) => (1, "write `-`", sign(Sign::Minus)),
            ('×' | '·', _) => (1, "write `*`", sign(Sign::Times)),
            ('÷', _) => (1, "write `/`", sign(Sign::Over)),
            ('≤', _) => (1, "write `<=`", sign(Sign::AtMost)),
            ('≥', _) => (1, "write `>=`", sign(Sign::AtLeast)),
            ('≠', _) => (1, "write `<>`", sign(Sign::NotEqual)),
            ('“' | '”' | '„' | '‘' | '’' | '`', _) => {
                (1, "text stands in single straight quotes: 'gold'", None)
            }
            ('?' | ':', _) => (
                1,
                "a choice is written `case when … then … else … end`",
                None,
            ),
            ('{' | '}', _) => (1, "brackets in formulas are round", None),
            (';', _) => (1, "arguments are separated by `,`", sign(Sign::Comma)),
            ('.', _) => (
                1,
                "a point stands between the words of a name, or before decimals",
                None,
            ),
            ('$' | '€' | '£' | '¥', _) => (1, "money is written with its code: 500 USD", None),
            ('#' | '@', _) => (
                1,
                "text stands in single quotes, and a name has neither",
                None,
            ),
            _ if next.is_alphabetic() => (1, "letters a to z, digits and `_` make a name", None),
            _ => (
                1,
                "formulas know + - * / ( ) [ ] , => = <> < <= > >= % and '…'",
                None,
            ),
        };
        let end = if next.is_alphabetic() {
            // One message for a whole name in another alphabet.
            self.run_of(start, |char| char.is_alphanumeric() || char == '_')
        } else {
            let meant = written_at(self.text, start, self.text.len())
                .chars()
                .take(length);
            start + meant.map(char::len_utf8).sum::<usize>()
        };
        self.at = end;
        let code = if meant.is_some() { "F5" } else { "F3" };
        let message = format!(
            "`{}` means nothing in a formula",
            written_at(self.text, start, end)
        );
        self.error(code, start, end, message, help);
        match meant {
            Some(meant) => self.push(meant, start, end),
            None => self.lost = true,
        }
    }
}

fn written_at(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or("")
}

/// `31.12.2026` as a day is written here.
fn day_of_points(written: &str) -> Option<String> {
    let mut parts = written.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_day = parts.next().is_none()
        && (1..=2).contains(&day.len())
        && (1..=2).contains(&month.len())
        && year.len() == 4
        && written
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_day.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

fn is_of_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// Whether this is one word of a name.
pub(crate) fn is_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `netSales` and `NET_SALES` as names are written here: `net_sales`.
fn lower(written: &str) -> String {
    let mut lower = String::new();
    let mut before = '_';
    for char in written.chars() {
        if char.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            lower.push('_');
        }
        lower.push(char.to_ascii_lowercase());
        before = char;
    }
    lower
}
