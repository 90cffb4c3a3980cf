//! Which known word an unknown one was meant to be.

/// The known word nearest to one that is not known, if it is near enough that one may ask.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let reach = match word.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, candidate)| *far <= reach && *far < candidate.chars().count())
        .min_by_key(|(far, candidate)| (*far, candidate.len().abs_diff(word.len())))
        .map(|(_, candidate)| candidate)
}

/// How many characters are to be put in, taken out, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().take(64).collect();
    let to: Vec<char> = to.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, left) in from.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, right) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            let mut best = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && from[row - 1] == *right && from[row] == to[column - 1] {
                best = best.min(before[column - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_finds_the_word_that_was_meant() {
        let known = ["at_least", "at_most", "pays", "gate", "every", "over"];
        assert_eq!(nearest("at_mots", known), Some("at_most"));
        assert_eq!(nearest("pay", known), Some("pays"));
        assert_eq!(nearest("evrey", known), Some("every"));
        assert_eq!(nearest("atmost", known), Some("at_most"));
    }

    #[test]
    fn what_is_far_from_all_words_was_meant_to_be_none() {
        assert_eq!(nearest("commission", ["at_least", "gate"]), None);
        assert_eq!(nearest("x", ["on", "by"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
