//! Names beside names: which known one was probably meant, and which two only look alike.

/// The known name closest to a written one, if it is close enough to be meant.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            (
                distance(&written.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How many letters to add, drop, change or swap with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(64).collect();
    let right: Vec<char> = right.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&above, column) + usize::from(letter != other);
            let mut best = changed
                .min(at(&above, column + 1) + 1)
                .min(at(&line, column) + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            line.push(best);
        }
        before = above;
        above = line;
    }
    above.last().copied().unwrap_or(0)
}

/// The plain letter that a character is easily taken for, or the character itself.
fn plain(character: char) -> char {
    match character {
        'а' | 'ɑ' | 'α' => 'a',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'с' | 'ϲ' => 'c',
        'С' | 'Ϲ' => 'C',
        'ԁ' => 'd',
        'е' => 'e',
        'Е' | 'Ε' => 'E',
        'һ' => 'h',
        'Н' | 'Η' => 'H',
        'і' | 'ı' | 'ι' => 'i',
        'І' | 'Ι' | 'Ӏ' => 'I',
        'ј' => 'j',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'к' | 'κ' => 'k',
        'М' | 'Μ' => 'M',
        'м' => 'm',
        'Ν' => 'N',
        'о' | 'ο' | 'օ' => 'o',
        'О' | 'Ο' => 'O',
        'р' | 'ρ' => 'p',
        'Р' | 'Ρ' => 'P',
        'ԛ' => 'q',
        'ѕ' => 's',
        'Ѕ' => 'S',
        'т' | 'τ' => 't',
        'Т' | 'Τ' => 'T',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'Х' | 'Χ' => 'X',
        'у' | 'γ' => 'y',
        'У' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}

/// A name with its look-alike letters plain and its invisible ones gone.
#[must_use]
pub fn skeleton(name: &str) -> String {
    name.chars()
        .filter(|character| {
            !matches!(
                character,
                '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
            )
        })
        .map(|character| {
            if character == '\u{a0}' {
                ' '
            } else {
                plain(character)
            }
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Text from outside as it may stand in a message: control characters escaped, cut at 120 characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == 120 {
            shown.push('…');
            break;
        }
        let hidden = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if hidden {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_close_by_is_meant_and_a_strange_one_is_not() {
        let known = ["sales_amount", "quantity", "partner"];
        assert_eq!(nearest("sale_amount", known), Some("sales_amount"));
        assert_eq!(nearest("Quantity", known), Some("quantity"));
        assert_eq!(nearest("qunatity", known), Some("quantity"));
        assert_eq!(nearest("freight", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        assert_eq!(skeleton("аmоunt"), "amount");
        assert_eq!(skeleton("amount\u{200b}\u{a0}"), "amount");
        assert_eq!(skeleton("ａｍｏｕｎｔ"), "amount");
        assert_ne!(skeleton("betrag"), "amount");
    }

    #[test]
    fn hostile_text_is_shown_harmless() {
        assert_eq!(
            shown("a\u{1b}[31m\r\n\u{202e}b"),
            "a\\u{1b}[31m\\r\\n\\u{202e}b"
        );
        assert_eq!(shown(&"x".repeat(200)).chars().count(), 121);
    }
}
